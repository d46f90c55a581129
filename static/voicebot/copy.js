// <button data-copy="ID" data-copied="Copied"> copies the text of the element with that id.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 2000);
  } catch {
    // Without HTTPS there is no clipboard: mark it, so that Ctrl+C does the rest.
    source.hidden = false;
    getSelection().selectAllChildren(source);
  }
});
