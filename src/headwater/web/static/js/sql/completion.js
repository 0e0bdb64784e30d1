// What could stand at a place of a question: tables, columns, paths into the JSON, functions, keywords.
import { keywords, meaningful, tokens } from "./tokens.js";

const MOST = 40;
const SHAPE = ["messageId", "type", "event", "userId", "anonymousId", "timestamp", "receivedAt", "properties", "context"];
const PLAIN = /^[a-z_][a-z0-9_]*$/;

// The schema as completion needs it, from {tables: [{schema, name, columns: [{name, type}], paths}], functions};
// the paths into the JSON of an event's view are known from the keys that fill typed columns.
export function schemaOf({ tables, functions = [] }) {
  const named = new Map();
  for (const table of tables) {
    named.set(`${table.schema}.${table.name}`.toLowerCase(), table);
    if (table.schema === "main") named.set(table.name.toLowerCase(), table);
  }
  const isEvents = (table) => SHAPE.every((name, at) => table.columns[at]?.name === name);
  // An event's view can be asked for its typed columns too, by the names that they have in its tables.
  const columns = (table) => {
    if (table.schema !== "main" || !isEvents(table)) return table.columns;
    const typed = tables.filter((each) => each.schema !== "main" && each.name === table.name);
    const known = new Set(SHAPE.map((name) => name.toLowerCase()));
    const more = typed.flatMap((each) => each.columns).filter(({ name }) => !known.has(name) && known.add(name));
    return [...table.columns, ...more];
  };
  return { tables, named, columns, functions };
}

// {from, items: [{label, insert, kind, note}]} for a place; null where nothing is to be suggested.
export function complete(sql, at, schema, { forced = false } = {}) {
  const found = tokens(sql);
  const here = found.find(({ start, end }) => start < at && at <= end);
  if (here && ["comment", "text", "number"].includes(here.kind)) return null;
  const chain = /(?:(?:[\p{L}_][\p{L}\p{N}_$]*|"[^"]*")\.)*[\p{L}_]?[\p{L}\p{N}_$]*$/u.exec(sql.slice(0, at))[0];
  const parts = chain.split(".");
  const prefix = parts.pop();
  const owners = parts.map((part) => part.replaceAll('"', ""));
  if (!prefix && !owners.length && !forced) return null;
  const before = meaningful(found.filter(({ end }) => end <= at - chain.length));
  const sources = sourcesOf(meaningful(found), schema);
  const candidates = owners.length
    ? below(owners, sources, schema, before)
    : anything(before, sources, schema);
  const items = ranked(candidates, prefix).slice(0, MOST);
  return items.length ? { from: at - prefix.length, items } : null;
}

// The tables that a question names after FROM and JOIN, by the names that its expressions use.
function sourcesOf(found, schema) {
  const sources = [];
  let inFrom = false;
  for (let at = 0; at < found.length; at += 1) {
    const word = found[at].text.toUpperCase();
    if (found[at].kind === "keyword") inFrom = word === "FROM" || word === "JOIN" || (inFrom && word === "AS");
    const starts = word === "FROM" || word === "JOIN" || (inFrom && word === ",");
    if (!starts || !["name", "quoted"].includes(found[at + 1]?.kind)) continue;
    let [name, next] = [bare(found[at + 1].text), at + 2];
    if (found[next]?.text === "." && found[next + 1]) [name, next] = [`${name}.${bare(found[next + 1].text)}`, next + 2];
    if (found[next]?.text.toUpperCase() === "AS") next += 1;
    const alias = ["name", "quoted"].includes(found[next]?.kind) ? bare(found[next].text) : name.split(".").pop();
    const table = schema.named.get(name.toLowerCase());
    sources.push({ alias, table });
  }
  return sources;
}

function bare(text) {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

function below(owners, sources, schema, before) {
  const first = owners[0].toLowerCase();
  const source = sources.find(({ alias }) => alias.toLowerCase() === first);
  const rest = source ? owners.slice(1) : owners;
  if (source?.table && !rest.length) return columnsOf([source], schema);
  if (["properties", "context"].includes(rest[0]?.toLowerCase())) return pathsBelow(rest, source ? [source] : sources);
  const tables = schema.tables.filter((table) => table.schema.toLowerCase() === first);
  return owners.length === 1 && afterFrom(before) ? tables.map(tableItem(false)) : [];
}

function anything(before, sources, schema) {
  if (afterFrom(before)) return [...schema.tables.map(tableItem(true)), ...schemas(schema)];
  const aliases = sources.map(({ alias, table }) => ({ label: alias, insert: quote(alias), kind: "table", note: table?.name ?? "" }));
  return [
    ...columnsOf(sources, schema),
    ...aliases,
    ...keywords.map((word) => ({ label: word, insert: word, kind: "keyword", note: "" })),
    ...schema.functions.map((name) => ({ label: name, insert: `${name}()`, kind: "function", note: "" })),
    ...(sources.length ? [] : [...SHAPE.map((name) => ({ label: name, insert: name, kind: "column", note: "" })), ...schema.tables.map(tableItem(true))]),
  ];
}

function afterFrom(before) {
  const last = before.at(-1)?.text.toUpperCase();
  if (["FROM", "JOIN", "DESCRIBE", "SUMMARIZE"].includes(last)) return true;
  if (last !== ",") return false;
  const clause = before.findLast(({ kind }) => kind === "keyword");
  return ["FROM", "JOIN"].includes(clause?.text.toUpperCase());
}

function tableItem(qualified) {
  return ({ schema, name, columns }) => {
    const shown = qualified && schema !== "main" ? `${schema}.${name}` : name;
    const written = qualified && schema !== "main" ? `${quote(schema)}.${quote(name)}` : quote(name);
    return { label: shown, insert: written, kind: "table", note: `${columns.length}` };
  };
}

function schemas({ tables }) {
  const names = new Set(tables.map(({ schema }) => schema).filter((name) => name !== "main"));
  return [...names].map((name) => ({ label: name, insert: `${quote(name)}.`, kind: "schema", note: "" }));
}

function columnsOf(sources, schema) {
  const seen = new Set();
  return sources
    .flatMap(({ table }) => (table ? schema.columns(table) : []))
    .filter(({ name }) => !seen.has(name) && seen.add(name))
    .map(({ name, type }) => ({ label: name, insert: quote(name), kind: "column", note: type }));
}

// The next keys below `properties.a`, of the views that the question names.
function pathsBelow(owners, sources) {
  const start = `${owners.join(".")}.`;
  const keys = new Map();
  for (const { table } of sources) {
    for (const { name: path, type } of table?.paths ?? []) {
      if (!path.startsWith(start)) continue;
      const key = path.slice(start.length).split(".")[0];
      keys.set(key, path === start + key ? type : keys.get(key) ?? "JSON");
    }
  }
  return [...keys].map(([key, type]) => ({ label: key, insert: quotePath(key), kind: "column", note: type }));
}

function quote(name) {
  return PLAIN.test(name) || /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !["group", "order"].includes(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function quotePath(key) {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(key) ? key : `"${key.replaceAll('"', '""')}"`;
}

// Those that fit what was typed, the best first: from the start, from a word's start, as letters in order.
function ranked(candidates, prefix) {
  const wanted = prefix.toLowerCase();
  const order = { column: 0, table: 1, schema: 2, function: 3, keyword: 4 };
  return candidates
    .map((item) => ({ item, points: fit(item.label.toLowerCase(), wanted) }))
    .filter(({ item, points }) => points <= (["function", "keyword"].includes(item.kind) ? 1 : 3) && item.label.toLowerCase() !== wanted)
    .sort((a, b) => a.points - b.points || order[a.item.kind] - order[b.item.kind] || a.item.label.length - b.item.label.length)
    .map(({ item }) => item);
}

function fit(label, wanted) {
  if (label.startsWith(wanted)) return 0;
  const at = label.indexOf(wanted);
  if (at > 0) return /[_.]/.test(label[at - 1]) ? 1 : wanted.length > 1 ? 2 : 9;
  if (wanted.length < 3) return 9;
  let from = 0;
  for (const letter of wanted) {
    from = label.indexOf(letter, from) + 1;
    if (!from) return 9;
  }
  return 3;
}
