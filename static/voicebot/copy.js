// <button data-copy="ID" data-copied="Copied"> copies the text of the element with that id.
for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = button.dataset.copied;
      setTimeout(() => (button.textContent = label), 2000);
    } catch {
      // Without HTTPS there is no clipboard: mark it, so that Ctrl+C does the rest.
      getSelection().selectAllChildren(source);
    }
  });
}
