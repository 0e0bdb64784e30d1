// A source's events as they pass: a stream at the left, the chosen event's way at the right.
// j and k choose, Enter opens its page, p pauses.
import { listen, showState } from "./live.js";
import { startTimes, written } from "./times.js";

const MOST = 500;
const root = document.getElementById("debugger");
const stream = document.getElementById("stream");
const none = document.getElementById("stream-empty");
const detail = document.getElementById("detail");
const skipped = document.getElementById("skipped");
const pause = document.getElementById("pause");
const clear = document.getElementById("clear");
const fields = { text: document.getElementById("text"), fql: document.getElementById("fql") };
const wrong = document.getElementById("fql-wrong");
const words = JSON.parse(document.getElementById("debugger-words").textContent);
const tones = { accepted: "good", quarantined: "bad", duplicate: "warn", filtered: "warn" };
const emptyDetail = detail.firstElementChild;

const seen = new Map();
let live = null;
let held = [];
let isPaused = false;
let left = 0;

function said(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// The rows

function row(event) {
  const item = document.getElementById("seen-row").content.firstElementChild.cloneNode(true);
  fill(item, event);
  return item;
}

function fill(item, event) {
  item.dataset.id = event.id;
  const link = item.querySelector("a");
  link.href = event.messageId ? `${root.dataset.page}/${encodeURIComponent(event.messageId)}` : root.dataset.page;
  const put = (name, text) => { item.querySelector(`.seen-${name}`).textContent = text; };
  put("time", written(new Date(event.receivedAt), "precise").slice(11));
  put("type", event.type);
  put("name", event.event || event.type || words.unnamed);
  put("who", event.userId || event.anonymousId || "");
  put("outcome", event.outcome === "accepted" ? "" : words[event.outcome] + (event.reason ? `: ${event.reason}` : ""));
  item.querySelector(".dot").className = `dot ${tones[event.outcome] ?? ""}`;
}

function take(event, isNew = true) {
  const before = stream.querySelector(`[data-id="${CSS.escape(event.id)}"]`);
  seen.set(event.id, event);
  if (before) {
    fill(before, event);
    if (before.querySelector("a").hasAttribute("aria-current")) choose(before, { again: true });
    return;
  }
  const item = row(event);
  if (isNew) item.classList.add("new");
  const atTop = stream.scrollTop < 8;
  const high = stream.scrollHeight;
  stream.prepend(item);
  if (!atTop) stream.scrollTop += stream.scrollHeight - high;
  while (stream.children.length > MOST) {
    seen.delete(stream.lastElementChild.dataset.id);
    stream.lastElementChild.remove();
  }
  none.hidden = true;
}

function empty() {
  seen.clear();
  stream.replaceChildren();
  none.hidden = false;
}

// The stream

function connect() {
  live?.close();
  const query = new URLSearchParams({ history: "100" });
  for (const [name, field] of Object.entries(fields)) if (field.value.trim()) query.set(name, field.value.trim());
  live = listen(`${root.dataset.stream}?${query}`, {
    names: ["seen", "skipped"],
    state: showState(document.getElementById("debugger-state")),
    message: (data, name) => {
      if (name === "skipped") {
        left += data.skipped;
        skipped.textContent = said(words.skipped, { count: left.toLocaleString() });
      } else if (isPaused) hold(data);
      else take(data);
    },
  });
}

function hold(event) {
  held.push(event);
  if (held.length > MOST) held.shift();
  skipped.textContent = said(words.new, { count: held.length.toLocaleString() });
}

function setPaused(on) {
  isPaused = on;
  pause.setAttribute("aria-pressed", String(on));
  pause.querySelector("span").textContent = on ? words.resume : words.pause;
  const state = document.getElementById("debugger-state");
  if (on) state.dataset.state = "paused";
  else {
    state.dataset.state = "live";
    skipped.textContent = "";
    for (const event of held.splice(0)) take(event);
  }
}

// The filters: what does not parse is shown where it does not.

let timer = 0;
let asked = 0;

function filter() {
  clearTimeout(timer);
  timer = setTimeout(apply, 300);
}

async function apply() {
  const number = (asked += 1);
  const address = new URL(location.href);
  for (const [name, field] of Object.entries(fields)) {
    if (field.value.trim()) address.searchParams.set(name, field.value.trim());
    else address.searchParams.delete(name);
  }
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer || number !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const after = page.getElementById("fql-wrong");
  if (!after) return;
  wrong.replaceChildren(...after.childNodes);
  wrong.hidden = after.hidden;
  fields.fql.setAttribute("aria-invalid", String(!after.hidden));
  if (!after.hidden) return;
  history.replaceState(null, "", address);
  none.replaceChildren(...page.getElementById("stream-empty").childNodes);
  empty();
  unchoose();
  left = 0;
  skipped.textContent = "";
  connect();
}

// The chosen event

let wanted = null;
let fetching = 0;

function choose(item, { again = false } = {}) {
  if (!item) return;
  for (const each of stream.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
  const link = item.querySelector("a");
  link.setAttribute("aria-current", "true");
  if (!again) item.scrollIntoView({ block: "nearest" });
  wanted = item.dataset.id;
  clearTimeout(fetching);
  fetching = setTimeout(() => open(item, link), again ? 400 : 60);
}

function unchoose() {
  wanted = null;
  detail.classList.remove("open");
  detail.replaceChildren(emptyDetail);
}

async function open(item, link) {
  const id = item.dataset.id;
  const event = seen.get(id);
  if (event && !event.messageId) {
    show(raw(event));
    return;
  }
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (wanted !== id) return;
  const page = answer ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const article = page?.getElementById("event");
  if (article) show(article);
  else if (event) show(raw(event));
  else show(paragraph(words.failed));
}

function show(element) {
  const folded = new Map([...detail.querySelectorAll("details")].map((each) => [each.querySelector("h3")?.textContent, each.open]));
  detail.replaceChildren(back(), element);
  for (const each of detail.querySelectorAll("details")) {
    const before = folded.get(each.querySelector("h3")?.textContent);
    if (before !== undefined) each.open = before;
  }
  detail.classList.add("open");
  detail.scrollTop = 0;
  startTimes(detail);
}

// On a phone the event lies over the stream.
function back() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small detail-back";
  button.textContent = words.back;
  button.addEventListener("click", leave);
  return button;
}

function leave() {
  const link = current()?.querySelector("a");
  link?.removeAttribute("aria-current");
  unchoose();
  link?.focus();
}

function raw(event) {
  const article = document.createElement("article");
  article.className = "event stack";
  const code = document.createElement("div");
  code.className = "code wrap";
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.textContent = event.raw;
  code.append(pre);
  article.append(paragraph(`${words[event.outcome]}${event.reason ? `: ${event.reason}` : ""} ${event.detail ?? ""}`, "strong"), paragraph(event.messageId ? "" : words.broken), code);
  return article;
}

function paragraph(text, name = "") {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}

function current() {
  return stream.querySelector("[aria-current]")?.closest("li") ?? null;
}

function move(step) {
  const here = current();
  const next = here ? (step > 0 ? here.nextElementSibling : here.previousElementSibling) : stream.firstElementChild;
  choose(next);
}

const isTyping = (element) => element.matches?.("input, textarea, select, [contenteditable]");

stream.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(link.closest("li"));
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  const inStream = stream.contains(event.target) || event.target === document.body;
  if (step && (event.key.length === 1 || inStream)) {
    event.preventDefault();
    move(step);
  } else if (event.key === "p") setPaused(!isPaused);
  else if (event.key === "Escape") leave();
  else if (event.key === "Enter" && event.target === document.body && current()) {
    location.assign(current().querySelector("a").href);
  }
});
pause.addEventListener("click", () => setPaused(!isPaused));
clear.addEventListener("click", () => { empty(); unchoose(); });
for (const field of Object.values(fields)) field.addEventListener("input", filter);
document.getElementById("debugger-filters").addEventListener("submit", (event) => {
  event.preventDefault();
  apply();
});
pause.hidden = clear.hidden = false;
// The server drew the history already; the stream sends it again, with all that the rows need.
if (wrong.hidden) connect();
