// On a telephone tables are cards: each cell says itself what it is.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".vb-table--stack")) {
    const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    for (const row of [...table.tBodies, table.tFoot].flatMap((part) => (part ? [...part.rows] : []))) {
      [...row.cells].forEach((cell, column) => (cell.dataset.title = titles[column]));
    }
  }
  for (const cell of document.querySelectorAll("#result_list [data-label]")) {
    cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
  }
});
