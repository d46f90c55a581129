// What every page of the admin needs.

// On a telephone tables are cards: each cell says itself what it is.
function titleCells() {
  for (const table of document.querySelectorAll(".vb-table--stack")) {
    const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    for (const row of [...table.tBodies, table.tFoot].flatMap((part) => (part ? [...part.rows] : []))) {
      [...row.cells].forEach((cell, column) => (cell.dataset.title = titles[column]));
    }
  }
  for (const cell of document.querySelectorAll("#result_list [data-label]")) {
    cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
  }
}

// Select2 puts a box of its own before a menu, and does not say what it is for.
function nameMenus() {
  for (const menu of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = menu.getAttribute("aria-label") || menu.labels[0]?.textContent.replace("*", "").trim();
    if (!name) continue;
    for (const part of menu.nextElementSibling.querySelectorAll('[role="combobox"], [role="textbox"], [role="searchbox"]')) {
      part.setAttribute("aria-label", name);
      part.removeAttribute("aria-labelledby");
    }
  }
}

document.addEventListener("DOMContentLoaded", titleCells);
document.addEventListener("htmx:afterSettle", titleCells);
window.addEventListener("load", nameMenus);
document.addEventListener("formset:added", () => setTimeout(nameMenus));

// What cannot be taken back is asked first.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !confirm(question)) event.preventDefault();
});
