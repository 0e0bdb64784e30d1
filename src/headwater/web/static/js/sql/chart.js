// An answer as a chart: which column is across, which goes up, what makes the series.
import { draw } from "../charts.js";
import { isNumber, isTime, textOf } from "./grid.js";

const MOST_POINTS = 5_000;
const MOST_SERIES = 12;

// What is worth drawing of these columns: the first time or text across, the first number up.
export function guess(columns) {
  const numbers = columns.filter(({ type }) => isNumber(type));
  const others = columns.filter(({ type }) => !isNumber(type));
  const time = others.find(({ type }) => isTime(type));
  const x = time ?? others[0] ?? numbers[0];
  const y = numbers.find((column) => column !== x);
  if (!x || !y) return null;
  const series = others.find((column) => column !== x && !isTime(column.type));
  return { kind: time ? "line" : "bar", x: x.name, y: y.name, series: series && time ? series.name : "" };
}

export function drawAnswer(element, { columns, data }, { kind, x, y, series }) {
  const across = columns.find(({ name }) => name === x);
  if (!across || !columns.some(({ name }) => name === y)) return;
  const rows = data.slice(0, MOST_POINTS);
  const times = isTime(across.type);
  const numbers = isNumber(across.type);
  const key = (row) => (times ? row[x] : textOf(row[x], across.type));
  const places = [...new Set(rows.map(key))].filter((place) => place !== null);
  if (times) places.sort();
  else if (numbers) places.sort((a, b) => Number(a) - Number(b));
  const groups = new Map();
  for (const row of rows) {
    const name = series && kind !== "pie" ? textOf(row[series]) || "NULL" : y;
    if (!groups.has(name) && groups.size === MOST_SERIES) continue;
    if (!groups.has(name)) groups.set(name, new Map());
    const group = groups.get(name);
    const value = row[y] === null ? null : Number(row[y]);
    group.set(key(row), kind === "dots" ? value : (group.get(key(row)) ?? 0) + (value ?? 0));
  }
  draw(element, {
    x: places.map((place) => (times ? Date.parse(place) * 1000 : numbers ? Number(place) : place)),
    series: [...groups].map(([name, group]) => ({ name, values: places.map((place) => group.get(place) ?? null) })),
    kind, times, numbers, stacked: Boolean(series),
  });
}
