// The rows of an answer as a table that is walked by arrows; a cell opens whole, and can be copied.
import { toast } from "../toasts.js";
import { locale, word } from "../words.js";

const LONGEST = 160;

// JSON with its whole numbers exact: those that JavaScript would round stay as they were written.
export function exact(text) {
  return JSON.parse(text, (_key, value, context) => {
    const rounds = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return rounds && context?.source && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
  });
}

export function isNumber(type) {
  return /INT$|^(INTEGER|DOUBLE|FLOAT|DECIMAL|REAL)/.test(type);
}

export function isTime(type) {
  return /^(TIMESTAMP|DATE$)/.test(type);
}

export function textOf(value, type = "") {
  if (value === null || value === undefined) return "";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "object") return JSON.stringify(value, plainly);
  if (typeof value === "string" && isTime(type)) return value.replace("T", " ").replace(/(\.000)?Z$/, "");
  return String(value);
}

function plainly(_key, value) {
  return typeof value === "bigint" ? Number(value) : value;
}

export class Grid {
  constructor(element, open) {
    this.element = element;
    this.open = open;
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("dblclick", (event) => {
      const cell = event.target.closest("td[data-row]");
      if (cell) this.show(cell);
    });
  }

  fill({ columns, data }) {
    this.columns = columns;
    this.rows = data;
    this.sorted = null;
    const table = document.createElement("table");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-rowcount", data.length + 1);
    const head = table.createTHead().insertRow();
    head.append(corner(), ...columns.map((column, at) => heading(column, at)));
    this.body = table.createTBody();
    this.element.replaceChildren(table);
    this.draw();
  }

  draw() {
    this.body.replaceChildren(...this.rows.map((row, at) => {
      const line = document.createElement("tr");
      const number = document.createElement("th");
      number.scope = "row";
      number.textContent = (at + 1).toLocaleString(locale);
      line.append(number, ...this.columns.map((column, index) => cell(row[column.name], column, at, index)));
      return line;
    }));
    const first = this.body.querySelector("td");
    if (first) first.tabIndex = 0;
  }

  sort(at) {
    const { name, type } = this.columns[at];
    const down = this.sorted?.at === at && !this.sorted.down;
    this.sorted = { at, down };
    const before = isNumber(type) ? (a, b) => (a > b) - (a < b) : (a, b) => textOf(a).localeCompare(textOf(b), locale);
    this.rows = [...this.rows].sort((a, b) => {
      const [left, right] = [a[name], b[name]];
      if (left === null || right === null) return (left === null) - (right === null);
      return down ? before(right, left) : before(left, right);
    });
    this.element.querySelectorAll("thead th[data-column]").forEach((each, index) => {
      each.setAttribute("aria-sort", index !== at ? "none" : down ? "descending" : "ascending");
    });
    this.draw();
  }

  click(event) {
    const head = event.target.closest("th[data-column]");
    if (head) return this.sort(Number(head.dataset.column));
    const at = event.target.closest("td[data-row]");
    if (at && !String(getSelection())) this.focus(at);
  }

  focus(at) {
    for (const each of this.body.querySelectorAll("td[tabindex='0']")) each.tabIndex = -1;
    at.tabIndex = 0;
    at.focus({ preventScroll: false });
  }

  key(event) {
    const at = event.target.closest?.("td[data-row]");
    if (!at) return;
    const steps = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [20, 0], PageUp: [-20, 0] };
    const [row, column] = [Number(at.dataset.row), Number(at.dataset.column)];
    if (steps[event.key]) {
      const [down, right] = steps[event.key];
      const to = this.at(row + down, column + right);
      event.preventDefault();
      if (to) this.focus(to);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.focus(this.at(row, event.key === "Home" ? 0 : this.columns.length - 1));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.show(at);
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c" && !String(getSelection())) {
      event.preventDefault();
      copyText(this.textAt(at));
    }
  }

  at(row, column) {
    const [down, right] = [Math.max(0, Math.min(this.rows.length - 1, row)), Math.max(0, Math.min(this.columns.length - 1, column))];
    return this.body.rows[down]?.cells[right + 1];
  }

  textAt(at) {
    const column = this.columns[Number(at.dataset.column)];
    return textOf(this.rows[Number(at.dataset.row)][column.name]);
  }

  show(at) {
    const column = this.columns[Number(at.dataset.column)];
    const value = this.rows[Number(at.dataset.row)][column.name];
    const text = value !== null && typeof value === "object" ? JSON.stringify(value, plainly, 2) : textOf(value);
    this.open({ name: column.name, type: column.type, text, isNull: value === null, from: at });
  }
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(word("copied"), "good");
}

function corner() {
  const element = document.createElement("td");
  element.className = "corner";
  return element;
}

function heading({ name, type }, at) {
  const element = document.createElement("th");
  element.scope = "col";
  element.dataset.column = at;
  element.setAttribute("aria-sort", "none");
  if (isNumber(type)) element.className = "number";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  const kind = document.createElement("small");
  kind.textContent = type.toLowerCase();
  button.append(name, kind);
  element.append(button);
  return element;
}

function cell(value, { type }, row, column) {
  const element = document.createElement("td");
  element.dataset.row = row;
  element.dataset.column = column;
  element.tabIndex = -1;
  if (value === null || value === undefined) {
    element.className = "null";
    element.textContent = "NULL";
    return element;
  }
  const text = textOf(value, type);
  element.textContent = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  if (isNumber(type)) element.className = "number";
  else if (typeof value === "object") element.className = "mono";
  return element;
}
