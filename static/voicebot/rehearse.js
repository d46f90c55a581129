// [data-rehearse] plays the scenarios some at a time, so that one sees how far it is; [data-confirm] asks first.
for (const form of document.querySelectorAll("[data-rehearse]")) {
  const names = [...form.querySelectorAll("[data-scenario]")].map((input) => input.value);
  const place = (name) => document.querySelector(`[data-rehearse-${name}]`);
  const button = form.querySelector("button");

  async function play(some) {
    const body = new FormData(form);
    for (const name of some) body.append("name", name);
    const response = await fetch(form.action, { method: "POST", body });
    if (!response.ok) throw new Error(response.statusText);
    return response.text();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    place("results").replaceChildren();
    place("summary").textContent = "";
    place("progress").hidden = false;
    try {
      for (let at = 0; at < names.length; at += Number(form.dataset.atOnce)) {
        place("progress").value = at;
        const html = await play(names.slice(at, at + Number(form.dataset.atOnce)));
        place("results").insertAdjacentHTML("beforeend", html);
      }
      const results = [...place("results").querySelectorAll("[data-outcome]")];
      const count = (outcome) => results.filter((result) => result.dataset.outcome === outcome).length;
      for (const result of results.filter((one) => one.dataset.outcome === "failed").reverse()) place("results").prepend(result);
      const text = count("failed") ? form.dataset.failed : form.dataset.passed;
      place("summary").textContent = text
        .replace("{passed}", count("passed"))
        .replace("{failed}", count("failed"))
        .replace("{total}", results.length);
      place("summary").className = count("failed") ? "vb-error" : "vb-good";
    } catch {
      place("summary").textContent = form.dataset.broken;
      place("summary").className = "vb-error";
    }
    place("progress").hidden = true;
    button.disabled = false;
  });
}

document.addEventListener("click", (event) => {
  const question = event.target.closest("[data-confirm]")?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
