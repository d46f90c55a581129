// [data-try] asks while one writes: the form's answer stands in its [data-try-answer].
for (const form of document.querySelectorAll("[data-try]")) {
  const answer = form.querySelector("[data-try-answer]");
  let waiting = 0;
  let asked = "";

  async function ask() {
    const query = new URLSearchParams(new FormData(form));
    query.set("part", "1");
    if (query.toString() === asked) return;
    asked = query.toString();
    try {
      const response = await fetch(`${form.action}?${query}`);
      if (!response.ok) throw new Error(response.statusText);
      const html = await response.text();
      if (query.toString() === asked) answer.innerHTML = html;
    } catch (error) {
      asked = "";
      answer.textContent = `${form.dataset.broken} (${error.message})`;
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 400);
  });
}
