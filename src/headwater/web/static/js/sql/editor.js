// A small SQL editor: the page's own textarea, with colours painted beneath it and suggestions above.
import { complete } from "./completion.js";
import { tokens } from "./tokens.js";

export class Editor {
  constructor(element, { onRun, onChange = () => {} }) {
    this.area = element.querySelector("textarea");
    this.paint = element.querySelector("[data-paint]");
    this.lines = element.querySelector("[data-lines]");
    this.list = element.querySelector("[role=listbox]");
    this.element = element;
    this.schema = null;
    this.wrong = null;
    this.shown = null;
    this.onRun = onRun;
    this.onChange = onChange;
    this.area.addEventListener("input", (event) => this.changed(event));
    this.area.addEventListener("keydown", (event) => this.key(event));
    this.area.addEventListener("scroll", () => this.scroll());
    this.area.addEventListener("click", () => this.hide());
    this.area.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.list.addEventListener("mousedown", (event) => this.pressed(event));
    new ResizeObserver(() => this.scroll()).observe(this.area);
    element.classList.add("painted");
    this.draw();
  }

  get value() { return this.area.value; }

  set value(text) {
    this.area.value = text;
    this.wrong = null;
    this.hide();
    this.draw();
    this.onChange();
  }

  // Put text at the caret as if it were typed, so that it can be undone.
  insert(text, from = this.area.selectionStart, to = this.area.selectionEnd) {
    this.area.focus();
    this.area.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, text)) {
      this.area.setRangeText(text, from, to, "end");
      this.changed({});
    }
  }

  replaceAll(text) { this.insert(text, 0, this.value.length); }

  get selection() {
    const { selectionStart: from, selectionEnd: to } = this.area;
    return from < to ? this.value.slice(from, to) : "";
  }

  mark(position) {
    this.wrong = position;
    this.draw();
    if (position === null) return;
    this.area.focus();
    this.area.setSelectionRange(position, position);
    this.paint.querySelector(".wrong")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  changed(event) {
    this.wrong = null;
    this.draw();
    this.onChange();
    if (event.isComposing || !event.inputType?.startsWith("insert")) return this.hide();
    if (event.inputType === "insertFromPaste") return this.hide();
    this.suggest(false);
  }

  draw() {
    const pieces = tokens(this.value).map(({ kind, text, start, end }) => {
      const wrong = this.wrong !== null && start <= this.wrong && this.wrong < end && kind !== "space";
      if (kind === "space" || (kind === "name" && !wrong)) return document.createTextNode(text);
      const span = document.createElement("span");
      span.className = `sql-${kind}${wrong ? " wrong" : ""}`;
      span.textContent = text;
      return span;
    });
    this.paint.replaceChildren(...pieces, document.createTextNode("\n"));
    const count = this.value.split("\n").length;
    if (this.lines.childElementCount !== count) {
      this.lines.replaceChildren(...Array.from({ length: count }, (_, at) => {
        const line = document.createElement("span");
        line.textContent = at + 1;
        return line;
      }));
    }
    const wrong = this.wrong === null ? -1 : this.value.slice(0, this.wrong).split("\n").length - 1;
    [...this.lines.children].forEach((line, at) => line.classList.toggle("wrong-line", at === wrong));
    this.scroll();
  }

  scroll() {
    this.paint.style.transform = `translate(${-this.area.scrollLeft}px, ${-this.area.scrollTop}px)`;
    this.lines.style.transform = `translateY(${-this.area.scrollTop}px)`;
    if (this.shown) this.place();
  }

  key(event) {
    if (event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === "Enter") {
      event.preventDefault();
      this.hide();
      this.onRun();
    } else if (command && event.key === " ") {
      event.preventDefault();
      this.suggest(true);
    } else if (command && event.key === "/") {
      event.preventDefault();
      this.comment();
    } else if (this.shown && this.choosing(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Escape") {
      // Tab indents here, so Escape lets the next Tab leave the editor.
      this.leaving = true;
    } else if (event.key === "Tab" && !this.leaving) {
      event.preventDefault();
      this.indent(event.shiftKey);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const line = this.value.slice(0, this.area.selectionStart).split("\n").pop();
      this.insert(`\n${/^\s*/.exec(line)[0]}`);
    }
    if (event.key !== "Escape" && event.key !== "Shift") this.leaving = false;
  }

  choosing(event) {
    const count = this.shown.items.length;
    if (event.key === "ArrowDown") this.select((this.at + 1) % count);
    else if (event.key === "ArrowUp") this.select((this.at + count - 1) % count);
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) this.take(this.at);
    else if (event.key === "Escape") this.hide();
    else return false;
    return true;
  }

  suggest(forced) {
    const { selectionStart: at, selectionEnd: end } = this.area;
    this.shown = this.schema && at === end ? complete(this.value, at, this.schema, { forced }) : null;
    if (!this.shown) return this.hide();
    this.list.replaceChildren(...this.shown.items.map((item, index) => option(item, index)));
    this.list.hidden = false;
    this.place();
    this.select(0);
  }

  select(at) {
    this.at = at;
    [...this.list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
    this.area.setAttribute("aria-activedescendant", this.list.children[at].id);
    this.list.children[at].scrollIntoView({ block: "nearest" });
  }

  take(at) {
    const { insert } = this.shown.items[at];
    const from = this.shown.from;
    this.hide();
    this.insert(insert, from, this.area.selectionStart);
    if (insert.endsWith("()")) {
      const inside = this.area.selectionStart - 1;
      this.area.setSelectionRange(inside, inside);
    }
    this.hide();
    if (insert.endsWith(".")) this.suggest(true);
  }

  pressed(event) {
    event.preventDefault();
    const index = [...this.list.children].indexOf(event.target.closest("[role=option]"));
    if (index >= 0) this.take(index);
  }

  hide() {
    this.shown = null;
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  // Beneath the word that is being typed; above it where there is no room.
  place() {
    const box = this.boxOf(this.shown.from);
    const outer = this.element.getBoundingClientRect();
    const height = this.list.offsetHeight;
    const below = box.bottom + 4;
    const fits = below + height < innerHeight || box.top - height < 0;
    const left = Math.min(box.left, outer.right - this.list.offsetWidth - 8);
    this.list.style.left = `${Math.max(8, left - outer.left)}px`;
    this.list.style.top = `${(fits ? below : box.top - height - 4) - outer.top}px`;
  }

  boxOf(position) {
    const walker = document.createTreeWalker(this.paint, NodeFilter.SHOW_TEXT);
    let left = position;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) {
        const range = document.createRange();
        range.setStart(node, left);
        range.setEnd(node, Math.min(node.length, left + 1));
        const boxes = range.getClientRects();
        return boxes[boxes.length - 1] ?? range.getBoundingClientRect();
      }
      left -= node.length;
    }
    return this.paint.getBoundingClientRect();
  }

  indent(back) {
    const { selectionStart: from, selectionEnd: to, value } = this.area;
    if (from === to && !back) return this.insert("  ");
    this.eachLine((line) => (back ? line.replace(/^ {1,2}/, "") : `  ${line}`));
  }

  comment() {
    const { selectionStart: from, selectionEnd: to, value } = this.area;
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const all = value.slice(start, to).split("\n").every((line) => /^\s*--/.test(line) || !line.trim());
    this.eachLine((line) => (all ? line.replace(/^(\s*)-- ?/, "$1") : line.replace(/^(\s*)(?=\S)/, "$1-- ")));
  }

  eachLine(change) {
    const { selectionStart: from, selectionEnd: to, value } = this.area;
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const next = value.indexOf("\n", to);
    const end = next < 0 ? value.length : next;
    const text = value.slice(start, end).split("\n").map(change).join("\n");
    this.insert(text, start, end);
    if (from !== to) this.area.setSelectionRange(start, start + text.length);
  }
}

function option({ label, kind, note }, at) {
  const element = document.createElement("div");
  element.id = `suggestion-${at}`;
  element.setAttribute("role", "option");
  element.className = `suggestion ${kind}`;
  const name = document.createElement("span");
  name.textContent = label;
  const says = document.createElement("span");
  says.className = "note";
  says.textContent = kind === "column" ? note.toLowerCase() : "";
  element.append(name, says);
  return element;
}
