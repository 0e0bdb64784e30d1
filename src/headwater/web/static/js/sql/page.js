// /sql: the editor, what it asks, and the answer as rows or as a chart.
import { refresh } from "../refresh.js";
import { toast } from "../toasts.js";
import { locale } from "../words.js";
import { drawAnswer, guess } from "./chart.js";
import { Editor } from "./editor.js";
import { Grid, copyText, exact, isNumber } from "./grid.js";
import { schemaOf } from "./completion.js";
import { Parameters } from "./parameters.js";
import { filterTables, showTables } from "./schema.js";
import { startSide } from "./side.js";

const MOST_ROWS = 1000;
const MOST_SHOWN = 10_000;
const DRAFT = "headwater.sql.draft";
const says = JSON.parse(document.getElementById("sql-words").textContent);
const page = document.querySelector("[data-sql]");
const form = document.getElementById("ask");
const find = (name, root = document) => root.querySelector(`[data-${name}]`);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const number = (value) => value.toLocaleString(locale);

let running = null;
let answer = null;
let held = page.dataset.saved ? nameOfHeld() : null;
let drawn = held?.chart ?? null;

const parameters = new Parameters(find("parameters"));
const editor = new Editor(find("editor"), { onRun: run, onChange: changed });
const grid = new Grid(find("grid"), openCell);
startSide(page);
startEditing();
startAnswer();
startSaving();
loadSchema();

function startEditing() {
  form.addEventListener("submit", (event) => {
    // The download goes its own way, and may go again.
    setTimeout(() => delete form.dataset.sent);
    if (event.submitter?.name === "format") return;
    event.preventDefault();
    if (event.submitter?.name === "explain") explain();
    else run();
  });
  find("cancel").addEventListener("click", cancel);
  document.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (document.querySelector("dialog[open]")) return;
    if (command && event.key === "Enter" && event.target !== editor.area) {
      event.preventDefault();
      run();
    } else if (command && event.key.toLowerCase() === "s") {
      event.preventDefault();
      find("save").click();
    } else if (event.key === "Escape" && running && !event.defaultPrevented) cancel();
  });
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-load], a[data-example]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const text = link.dataset.load ?? link.dataset.example;
    if (!text) return;
    event.preventDefault();
    load(text, link.dataset.id ? { ...link.dataset } : null);
    if (link.dataset.example) run();
  });
  find("clear").addEventListener("click", () => load("", null));
  find("link").addEventListener("click", () => {
    const query = held && !isChanged() ? `saved=${held.id}` : `q=${encodeURIComponent(editor.value)}`;
    copyText(`${location.origin}/sql?${query}`);
  });
  if (!editor.value && !location.search) editor.value = stored() ?? "";
  parameters.show(editor.value);
  editor.area.focus({ preventScroll: true });
}

function stored() {
  try {
    return localStorage.getItem(DRAFT);
  } catch {
    return null;
  }
}

function changed() {
  try {
    localStorage.setItem(DRAFT, editor.value);
  } catch { /* a browser may keep nothing */ }
  parameters.show(editor.value);
  showName();
}

function load(text, query) {
  held = query && { id: query.id, name: query.name, description: query.description ?? "", sql: text, mine: query.mine === "yes", chart: chartOf(query.drawn) };
  drawn = held?.chart ?? null;
  editor.replaceAll(text);
  editor.hide();
  history.replaceState(null, "", held ? `/sql?saved=${held.id}` : "/sql");
  for (const each of page.querySelectorAll("a[data-id]")) each.toggleAttribute("aria-current", each.dataset.id === held?.id);
  showName();
}

function nameOfHeld() {
  const link = page.querySelector(`a[data-id="${CSS.escape(page.dataset.saved)}"]`);
  const { id, name, description, mine, drawn: kept } = link.dataset;
  return { id, name, description, mine: mine === "yes", sql: document.getElementById("sql").value, chart: chartOf(kept) };
}

function chartOf(text) { return text ? JSON.parse(text) : null; }

function isChanged() {
  const isRedrawn = drawn !== null && JSON.stringify(drawn) !== JSON.stringify(held?.chart ?? null);
  return held !== null && (held.sql.trim() !== editor.value.trim() || isRedrawn);
}

function showName() {
  const place = find("name", form);
  const name = document.createElement("strong");
  name.textContent = held?.name ?? "";
  place.replaceChildren(name, ...(isChanged() ? [badge(says.unsaved)] : []));
  find("remove").hidden = !held?.mine;
  document.querySelector("#sql-remove [name=saved]").value = held?.id ?? "";
}

function badge(text) {
  const element = document.createElement("span");
  element.className = "badge warn";
  element.textContent = text;
  return element;
}

async function run() {
  await ask((found, took, ofSelection) => showAnswer(found, took, ofSelection), { remember: true });
  refresh("history-list");
}

// How the warehouse would go about it, without doing it.
function explain() {
  return ask(showPlan, {}, "EXPLAIN ");
}

async function ask(show, more, prefix = "") {
  if (running) return;
  const selected = editor.selection;
  const text = selected.trim() ? selected : editor.value;
  const offset = selected.trim() ? editor.area.selectionStart : 0;
  if (!text.trim()) return showProblem({ message: says.nothing });
  const put = /^\s*EXPLAIN\b/i.test(text) ? "" : prefix;
  running = { id: crypto.randomUUID?.() ?? String(Math.random()), stop: new AbortController(), start: performance.now() };
  showRunning(true);
  try {
    const body = { sql: put + text, ...limits(), queryId: running.id, parameters: parameters.values(text), ...more };
    const response = await post("/api/query", body, running.stop.signal);
    const answered = await response.text();
    const found = exact(answered);
    if (response.ok) show(found, performance.now() - running.start, selected.trim());
    else showProblem(await inOwnWords(found), offset - put.length);
  } catch (error) {
    if (error.name === "AbortError") showProblem({ message: says.cancelled });
    else showProblem({ message: says.failed, hint: says.check });
  } finally {
    running = null;
    showRunning(false);
  }
}

// Less than the server allows, where somebody wants less.
function limits() {
  const rows = Math.trunc(Number(form.elements.max_rows.value));
  const seconds = Number(form.elements.seconds.value);
  return { maxRows: rows > 0 ? Math.min(rows, MOST_SHOWN) : MOST_ROWS, ...(seconds > 0 ? { timeoutSeconds: seconds } : {}) };
}

function showPlan({ data }) {
  editor.mark(null);
  find("problem").replaceChildren();
  find("begin").hidden = true;
  find("found").hidden = true;
  find("plan-text").textContent = data.map((row) => Object.values(row).at(-1)).join("\n");
  find("plan").hidden = false;
  find("plan").querySelector("pre").focus();
}

// The API speaks English; the console says it in the visitor's language.
async function inOwnWords(problem) {
  if (locale.startsWith("en")) return problem;
  const { message, hint } = problem;
  const answer = await fetch(`/sql/problem?${new URLSearchParams({ message, hint })}`).catch(() => null);
  return answer?.ok ? { ...problem, ...(await answer.json()) } : problem;
}

function post(path, body, signal) {
  return fetch(path, { method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

function cancel() {
  if (!running) return;
  post("/api/query/cancel", { queryId: running.id }).catch(() => {});
  running.stop.abort();
}

function showRunning(is) {
  find("run").hidden = is;
  find("cancel").hidden = !is;
  page.toggleAttribute("aria-busy", is);
  const facts = find("facts");
  if (!is) return;
  find("problem").replaceChildren();
  const tick = () => {
    if (!running) return;
    const seconds = (performance.now() - running.start) / 1000;
    if (seconds > 0.4) facts.textContent = `${number(Math.floor(seconds * 10) / 10)} s …`;
    requestAnimationFrame(tick);
  };
  tick();
}

function showProblem({ message, hint = "", position = null }, offset = 0) {
  const box = document.createElement("div");
  box.className = "notice bad";
  const inside = document.createElement("div");
  const strong = document.createElement("strong");
  strong.textContent = message;
  inside.append(strong);
  if (position !== null) inside.append(placeButton(position + offset));
  if (hint) {
    const says = document.createElement("p");
    says.textContent = hint;
    inside.append(says);
  }
  box.append(inside);
  find("problem").replaceChildren(box);
  find("found").hidden = true;
  find("plan").hidden = true;
  find("begin").hidden = true;
  if (position !== null) editor.mark(position + offset);
}

function placeButton(position) {
  const before = editor.value.slice(0, position).split("\n");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = fill(says.at, { line: before.length, column: before.at(-1).length + 1 });
  button.addEventListener("click", () => editor.mark(position));
  return button;
}

function startAnswer() {
  for (const button of find("views").children) button.addEventListener("click", () => { view(button.dataset.view); redrawn(); });
  for (const name of ["chart-kind", "chart-x", "chart-y", "chart-series"]) find(name).addEventListener("change", redrawn);
  const again = () => find("found").dataset.view === "chart" && drawChart();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  find("cell-copy").addEventListener("click", () => copyText(find("cell-text").textContent));
  document.getElementById("sql-cell").addEventListener("close", () => opened?.focus());
}

function showAnswer(found, took, ofSelection) {
  answer = found;
  editor.mark(null);
  const rows = found.total === 0 ? says.no_rows : found.truncated ? fill(says.first, { n: number(found.total) })
    : found.total === 1 ? says.rows_one : fill(says.rows, { n: number(found.total) });
  const time = took < 1000 ? `${Math.round(took)} ms` : `${number(Math.round(took / 100) / 10)} s`;
  find("facts").textContent = [rows, time, ...(ofSelection ? [says.selection] : [])].join(" · ");
  find("problem").replaceChildren();
  find("begin").hidden = true;
  find("plan").hidden = true;
  find("found").hidden = false;
  grid.fill(found);
  choices(found.columns);
  const wanted = drawn?.view ?? find("found").dataset.view;
  view(wanted === "chart" && guess(found.columns) ? "chart" : "table");
}

function chosenChart() {
  return { kind: find("chart-kind").value, x: find("chart-x").value, y: find("chart-y").value, series: find("chart-series").value, view: find("found").dataset.view };
}

// What was chosen is kept with the saved query, once it is saved.
function redrawn() {
  drawn = chosenChart();
  if (drawn.view === "chart") drawChart();
  showName();
}

function view(name) {
  find("found").dataset.view = name;
  // The rows stay beneath the chart.
  find("charted").hidden = name !== "chart";
  for (const button of find("views").children) button.setAttribute("aria-pressed", String(button.dataset.view === name));
  if (name === "chart") drawChart();
}

// The choices of before stay where the new answer has such columns.
function choices(columns) {
  const before = drawn ?? chosenChart();
  const best = guess(columns);
  const names = columns.map(({ name }) => name);
  const numbers = columns.filter(({ type }) => isNumber(type)).map(({ name }) => name);
  options(find("chart-x"), names);
  options(find("chart-y"), numbers);
  options(find("chart-series"), ["", ...names]);
  if (!best) return;
  const same = names.includes(before.x) && numbers.includes(before.y) && (!before.series || names.includes(before.series));
  const chosen = same ? before : best;
  find("chart-kind").value = chosen.kind;
  find("chart-x").value = chosen.x;
  find("chart-y").value = chosen.y;
  find("chart-series").value = chosen.series;
}

function options(select, names) {
  select.replaceChildren(...names.map((name) => new Option(name || says.none, name)));
}

function drawChart() {
  const chosen = chosenChart();
  const can = answer?.data.length && chosen.x && chosen.y;
  find("plot").hidden = !can;
  find("chart-note").textContent = can ? (answer.truncated ? says.drawn : "") : says.no_chart;
  if (can) drawAnswer(find("plot"), answer, chosen);
}

let opened = null;

function openCell({ name, type, text, isNull, from }) {
  opened = from;
  find("cell-name").textContent = `${name} · ${type.toLowerCase()}`;
  find("cell-text").textContent = isNull ? "NULL" : text;
  document.getElementById("sql-cell").showModal();
}

function startSaving() {
  const dialog = document.getElementById("sql-save");
  const own = find("save-form");
  find("save").addEventListener("click", () => (held?.mine ? keep(held.id, { sql: editor.value, ...chart() }) : dub("")));
  find("save-as").addEventListener("click", () => dub(held?.name ?? ""));
  find("remove").addEventListener("click", () => document.getElementById("sql-remove").showModal());
  own.addEventListener("submit", async (event) => {
    event.preventDefault();
    setTimeout(() => delete own.dataset.sent);
    await keep("", { name: own.elements.name.value, description: own.elements.description.value, sql: editor.value, ...chart() });
  });

  // Where nobody chose, nothing is kept.
  function chart() { return drawn ? { chart: answer ? chosenChart() : drawn } : {}; }

  function dub(name) {
    if (!editor.value.trim()) return showProblem({ message: says.nothing });
    own.elements.name.value = name && `${name} 2`;
    own.elements.sql.value = editor.value;
    find("save-problem").replaceChildren();
    dialog.showModal();
    own.elements.name.select();
  }

  async function keep(id, body) {
    const response = await fetch(`/api/saved-queries${id ? `/${id}` : ""}`, {
      method: id ? "PATCH" : "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    }).catch(() => null);
    const found = await response?.json().catch(() => null);
    if (!response?.ok) {
      const text = [found?.message ?? says.failed, found?.hint].filter(Boolean).join(" ");
      if (!dialog.open) return toast(text, "bad");
      const box = document.createElement("div");
      box.className = "notice bad";
      box.textContent = text;
      return find("save-problem").replaceChildren(box);
    }
    const kept = found.data.savedQuery;
    dialog.close();
    held = { ...kept, mine: true };
    drawn = kept.chart;
    history.replaceState(null, "", `/sql?saved=${kept.id}`);
    showName();
    toast(fill(says.updated, { name: kept.name }), "good");
    refresh("saved-list");
  }
}

async function loadSchema() {
  const [response, contents] = await Promise.all([fetch("/api/warehouse/schema"), fetch("/api/warehouse/contents")]).catch(() => []);
  if (!response?.ok || !contents?.ok) return;
  const { data } = await response.json();
  const facts = (await contents.json()).data.contents.tables;
  const rows = new Map(facts.map((each) => [`${each.schema}.${each.name}`, each.rows]));
  const tables = data.tables.map((table) => ({ ...table, rows: rows.get(`${table.schema}.${table.name}`) }));
  editor.schema = schemaOf({ tables, functions: data.functions });
  const list = find("tables");
  // What holds something comes first.
  const filled = [...tables].sort((a, b) => (b.rows > 0) - (a.rows > 0));
  showTables(list, filled, { put });
  const search = document.getElementById("find-table");
  search.addEventListener("input", () => filterTables(list, search.value));
  page.dataset.schema = "ready";
}

function put(name, table) {
  if (!table) return editor.insert(/^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
  const quote = (part) => (/^[a-z_][a-z0-9_]*$/.test(part) && part !== "group" ? part : `"${part.replaceAll('"', '""')}"`);
  const named = table.schema === "main" ? quote(table.name) : `${quote(table.schema)}.${quote(table.name)}`;
  load(`SELECT *\nFROM ${named}\nLIMIT 100`, null);
  run();
}
