// Lists that can be dragged into another order, and forms whose lists grow.
const order = document.querySelector("[data-order]");
const rows = document.querySelector("#rules tbody");
if (order && rows && rows.rows.length > 1 && matchMedia("(hover: hover)").matches) startDragging();

function startDragging() {
  let dragged = null;
  rows.dataset.drags = "yes";
  const before = ids();
  for (const row of rows.rows) {
    row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      dragged = row;
      row.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    row.addEventListener("dragend", () => {
      dragged?.classList.remove("dragged");
      dragged = null;
      if (ids().join() !== before.join()) keep();
    });
  }
  rows.addEventListener("dragover", (event) => {
    const over = event.target.closest("tr");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  });
}

function ids() {
  return [...rows.rows].map((row) => row.dataset.id);
}

function keep() {
  order.replaceChildren(...ids().map((id) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "rule", value: id });
    return input;
  }));
  order.submit();
}
