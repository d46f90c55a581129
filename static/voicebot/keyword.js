// Only the fields that a keyword's use needs are shown.
const kind = document.querySelector('select[name="kind"]');
const needed = { problem_type: ["problem"], replacement: ["censored"], boost: ["hearing", "problem"] };

function show() {
  for (const [name, kinds] of Object.entries(needed)) {
    const field = document.querySelector(`[name="${name}"]`);
    const row = field?.closest(`.field-${name}`);
    if (row) row.style.display = kind.value && !kinds.includes(kind.value) ? "none" : "";
  }
}

if (kind) {
  kind.addEventListener("change", show);
  show();
}
