// Lists that can be dragged into another order, and forms whose lists grow.
const order = document.querySelector("[data-order]");
const rows = document.querySelector("#rules tbody");
if (order && rows && ids().length > 1 && matchMedia("(hover: hover)").matches) startDragging();

function startDragging() {
  let dragged = null;
  rows.dataset.drags = "yes";
  const before = ids();
  for (const row of rows.querySelectorAll("tr[data-id]")) {
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
    const over = event.target.closest("tr[data-id]");
    if (!dragged || over?.dataset.phase !== dragged.dataset.phase) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  });
}

function ids() {
  return [...rows.querySelectorAll("tr[data-id]")].map((row) => row.dataset.id);
}

function keep() {
  order.replaceChildren(...ids().map((id) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "rule", value: id });
    return input;
  }));
  order.submit();
}

// A list of fields: one more, and away with one. Without script the page itself adds.
document.addEventListener("click", (event) => {
  const adds = event.target.closest("[data-adds]");
  if (adds) {
    const list = adds.closest("[data-rows]");
    const one = list?.querySelector(".one:last-of-type");
    if (!one) return;
    event.preventDefault();
    const next = one.cloneNode(true);
    for (const input of next.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("id");
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, (number) => Number(number) + 1));
    }
    one.after(next);
    showTakes(list);
    next.querySelector("input").focus();
  }
  const takes = event.target.closest("[data-takes]");
  if (takes) {
    const list = takes.closest("[data-rows]");
    takes.closest(".one").remove();
    showTakes(list);
    (list.querySelector(".one:last-of-type input") ?? list.querySelector("[data-adds]")).focus();
  }
});

function showTakes(list) {
  const all = list.querySelectorAll("[data-takes]");
  for (const each of all) each.hidden = all.length < 2;
}

for (const list of document.querySelectorAll("[data-rows]")) {
  showTakes(list);
  // Enter in a row begins the next one, rather than sending the form half filled in.
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".one input") || event.target.value === "") return;
    event.preventDefault();
    list.querySelector("[data-adds]").click();
  });
}

// What the sources really send, for the fields of paths and of events' names to suggest.
const lists = document.querySelectorAll("[data-seen]");
if (lists.length) {
  fetch("/govern/seen", { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((seen) => {
      for (const list of lists) {
        const known = new Set([...list.children].map((option) => option.value));
        for (const value of seen[list.dataset.seen] ?? []) if (!known.has(value)) list.append(new Option("", value));
      }
    })
    .catch(() => {});
}

// The result of a trial is what was asked for: it is read next.
if (location.hash === "#trial") document.getElementById("trial")?.focus({ preventScroll: true });
