// The command palette: Ctrl-K or ⌘K, a few letters, Enter.

let entries = null;
let shown = [];
let selected = 0;

export function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector("input");
  input.value = "";
  input.focus();
  load().then(() => show(""));
}

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("[data-command]")) key.textContent = "⌘K";
  }
  for (const button of document.querySelectorAll("[data-palette]")) button.addEventListener("click", openPalette);
  input.addEventListener("input", () => show(input.value));
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) run(shown[Number(option.dataset.at)], event);
    else if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      select((selected + step + shown.length) % Math.max(shown.length, 1));
      event.preventDefault();
    } else if (event.key === "Enter" && !event.isComposing && shown[selected]) {
      event.preventDefault();
      run(shown[selected], event);
    }
  });
}

async function load() {
  if (entries) return;
  const answer = await fetch("/palette", { headers: { Accept: "application/json" } });
  entries = answer.ok ? await answer.json() : [];
}

// Every letter in order somewhere in the label; runs of letters and beginnings of words count more.
export function score(label, wanted) {
  const text = label.toLowerCase();
  const whole = text.indexOf(wanted);
  if (whole >= 0) return 1000 - whole - text.length / 100;
  let at = -1;
  let sum = 0;
  for (const letter of wanted.replace(/\s+/g, "")) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return -1;
    sum += next === at + 1 ? 8 : text[next - 1] === " " ? 6 : 1;
    at = next;
  }
  return sum - text.length / 100;
}

function show(wanted) {
  const text = wanted.trim().toLowerCase();
  const scored = (entries ?? []).map((entry) => {
    const points = text ? Math.max(score(entry.label, text), score(entry.words ?? "", text) - 5) : 0;
    return { entry, points };
  });
  shown = scored
    .filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 30)
    .map(({ entry }) => entry);
  const list = document.getElementById("palette-list");
  list.replaceChildren(...shown.map(option));
  document.getElementById("palette-none").hidden = shown.length > 0;
  select(0);
}

function option(entry, at) {
  const element = document.createElement("div");
  element.setAttribute("role", "option");
  element.id = `palette-${at}`;
  element.dataset.at = at;
  const label = document.createElement("span");
  label.textContent = entry.label;
  const group = document.createElement("span");
  group.className = "group";
  group.textContent = entry.group;
  element.append(label, group);
  return element;
}

function select(at) {
  selected = at;
  const options = [...document.querySelectorAll("#palette-list [role=option]")];
  options.forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
  const input = document.querySelector("#palette input");
  if (options[at]) {
    input.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

function run(entry, event) {
  if (entry.post) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = entry.post;
    for (const [name, value] of Object.entries({ ...entry.fields, back: location.pathname + location.search })) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  } else if (event.ctrlKey || event.metaKey) window.open(entry.href, "_blank", "noopener");
  else location.assign(entry.href);
}

