// The tables at the side of the editor: found by typing, opened to their columns, put into the question by a click.
import { locale } from "../words.js";

export function showTables(list, tables, { put }) {
  list.replaceChildren(...tables.map((table) => entry(table, put)));
}

export function filterTables(list, text) {
  const wanted = text.trim().toLowerCase();
  let count = 0;
  for (const each of list.children) {
    const fits = !wanted || each.dataset.words.includes(wanted);
    each.hidden = !fits;
    count += fits;
    if (each.tagName === "DETAILS") {
      for (const column of each.querySelectorAll("li")) column.hidden = Boolean(wanted) && !each.dataset.name.includes(wanted) && !column.dataset.name.includes(wanted);
      if (wanted.length > 1 && fits && !each.dataset.name.includes(wanted)) fill(each);
    }
  }
  return count;
}

function entry(table, put) {
  const name = table.schema === "main" ? table.name : `${table.schema}.${table.name}`;
  const element = document.createElement("details");
  element.dataset.name = name.toLowerCase();
  element.dataset.words = [name, ...table.columns.map((column) => column.name)].join(" ").toLowerCase();
  const summary = document.createElement("summary");
  const label = document.createElement("span");
  label.className = "clip mono";
  label.textContent = name;
  const count = document.createElement("span");
  count.className = "softer";
  count.textContent = table.rows === undefined ? "" : table.rows.toLocaleString(locale, { notation: "compact" });
  summary.append(label, count);
  summary.title = name;
  element.append(summary);
  element.table = table;
  element.put = put;
  element.addEventListener("toggle", () => element.open && fill(element));
  return element;
}

function fill(element) {
  if (element.querySelector("ul")) return;
  const { table, put } = element;
  const list = document.createElement("ul");
  list.append(...table.columns.map(({ name, type }) => {
    const item = document.createElement("li");
    item.dataset.name = name.toLowerCase();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain clip mono";
    button.textContent = name;
    button.addEventListener("click", () => put(name));
    const kind = document.createElement("span");
    kind.className = "softer";
    kind.textContent = type.toLowerCase();
    item.append(button, kind);
    return item;
  }));
  const ask = document.createElement("button");
  ask.type = "button";
  ask.className = "button quiet small";
  ask.textContent = `SELECT * FROM ${element.dataset.name}`;
  ask.addEventListener("click", () => put(null, table));
  element.append(ask, list);
}
