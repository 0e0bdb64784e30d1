// The fields of a question's parameters: {{name}}, {{since:date}}, {{least:number=10}}.
import { tokens } from "./tokens.js";

const TYPES = { number: "number", date: "date", timestamp: "datetime-local" };

// [{name, type, fallback}] in their order; a name that stands several times has one field.
export function declared(sql) {
  const found = tokens(sql);
  const names = new Map();
  const isDouble = (at, sign) => found[at]?.text === sign && found[at + 1]?.text === sign;
  for (let at = 0; at < found.length; at += 1) {
    if (!isDouble(at, "{")) continue;
    let end = at + 2;
    while (end < found.length && end < at + 24 && !isDouble(end, "}")) end += 1;
    if (!isDouble(end, "}")) continue;
    const inside = found.slice(at + 2, end).filter(({ kind }) => kind !== "space" && kind !== "comment").map(({ text }) => text);
    at = end + 1;
    const name = inside.shift() ?? "";
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    const type = inside[0] === ":" ? inside.splice(0, 2)[1]?.toLowerCase() : "";
    const written = inside[0] === "=" ? inside.slice(1).join("") : null;
    const fallback = written?.startsWith("'") ? written.slice(1, -1).replaceAll("''", "'") : written;
    const before = names.get(name);
    names.set(name, { name, type: type || before?.type || "text", fallback: fallback ?? before?.fallback ?? null });
  }
  return [...names.values()];
}

export class Parameters {
  constructor(element) {
    this.element = element;
    this.wanted = "";
  }

  // Fields for what a question names; what was filled in stays.
  show(sql) {
    const wanted = declared(sql);
    const key = JSON.stringify(wanted);
    if (key === this.wanted) return;
    this.wanted = key;
    const before = new Map(this.inputs().map((input) => [input.dataset.of, input.value]));
    this.element.replaceChildren(...wanted.map((each) => this.field(each, before.get(each.name))));
    this.element.hidden = !wanted.length;
  }

  inputs() { return [...this.element.querySelectorAll("[name=parameter]")]; }

  // The values of those that a question names. What is empty has its default, or is an empty text.
  values(sql) {
    const filled = new Map(this.inputs().map((input) => [input.dataset.of, input.value]));
    const values = {};
    for (const { name, type, fallback } of declared(sql)) {
      const value = filled.get(name) ?? "";
      if (value !== "" || (type === "text" && fallback === null)) values[name] = value;
    }
    return values;
  }

  field({ name, type, fallback }, value = "") {
    const label = document.createElement("label");
    const text = document.createElement("span");
    text.className = "mono";
    text.textContent = name;
    const kind = document.createElement("small");
    kind.textContent = type;
    const input = document.createElement(type === "boolean" ? "select" : "input");
    if (type === "boolean") input.append(new Option("", ""), new Option("true", "true"), new Option("false", "false"));
    else input.type = TYPES[type] ?? "text";
    if (type === "number") input.step = "any";
    input.className = `${type === "boolean" ? "select" : "input"} small`;
    input.name = "parameter";
    input.dataset.of = name;
    input.placeholder = fallback ?? "";
    input.autocomplete = "off";
    input.value = value;
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "parameter_name", value: name });
    label.append(text, kind, input, hidden);
    return label;
  }
}
