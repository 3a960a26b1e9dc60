"use strict";
(() => {
  const table = document.getElementById("jobs");
  if (!table) return;
  const body = table.tBodies[0];
  const words = new Intl.Collator("zh-CN", { numeric: true });
  const rows = Array.from(body.rows, (row, place) => ({
    row, place,
    cells: Array.from(row.cells, (cell) => cell.textContent.trim()),
    unit: (row.cells[1].textContent + " " + row.cells[2].textContent).toLowerCase(),
  }));
  const heads = Array.from(table.tHead.rows[0].cells);

  const compare = (column, numeric) => (one, other) => {
    const a = one.cells[column], b = other.cells[column];
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    return numeric ? parseFloat(a) - parseFloat(b) : words.compare(a, b);
  };

  const sort = (column) => {
    const head = heads[column];
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const by = compare(column, head.classList.contains("n"));
    const blank = (item) => item.cells[column] === "";
    rows.sort((one, other) => ((down && !blank(one) && !blank(other) ? -1 : 1) * by(one, other)) || one.place - other.place);
    const sorted = document.createDocumentFragment();
    rows.forEach((item) => sorted.appendChild(item.row));
    body.appendChild(sorted);
  };

  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const filter = () => {
    const asked = form.elements.unit.value.toLowerCase().split(/\s+/).filter(Boolean);
    const title = form.elements.document.value, state = form.elements.state.value;
    let count = 0;
    for (const item of rows) {
      const fits = asked.every((word) => item.unit.includes(word))
        && (!title || item.cells[0] === title)
        && (!state || (state === "!" ? item.row.className === "f" : item.cells[3] === state));
      if (item.row.hidden === fits) item.row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count;
  };

  heads.forEach((head, column) => {
    // No <button>: Chromium leaves its words out where a head is repeated on a printed page.
    const words = document.createElement("span");
    words.setAttribute("role", "button");
    words.tabIndex = 0;
    words.textContent = head.textContent;
    head.replaceChildren(words);
    words.addEventListener("click", () => sort(column));
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(column);
    });
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
