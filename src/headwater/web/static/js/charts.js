// Charts by Plotly in the page's own colours. Each <figure data-chart> carries its numbers as JSON;
// the table beneath it says the same to those who do not see it.
import { locale } from "./words.js";

export function startCharts() {
  drawCharts(document);
  const again = () => drawCharts(document);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

export function drawCharts(root) {
  const figures = [...root.querySelectorAll("[data-chart]")];
  if (!figures.length) return;
  whenLoaded(() => {
    for (const figure of figures) {
      draw(figure.querySelector(".plot"), JSON.parse(figure.querySelector("script").textContent));
    }
  });
}

// Plotly's script is deferred, as this module is: it has run, or runs right after.
function whenLoaded(then) {
  if (window.Plotly) then();
  else addEventListener("load", () => window.Plotly && then(), { once: true });
}

// light-dark() is resolved only where it is used as a colour.
function colours(names) {
  // One probe for each: a colour that changes is on its way for a moment, and reads as the one before.
  return Object.fromEntries(names.map((name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return [name, found];
  }));
}

// A circle has no axes: its parts are the first series' values.
function drawPie(element, x, values, colour, all) {
  const trace = {
    type: "pie", labels: x, values, hole: 0.45, sort: true, textinfo: "percent", hoverinfo: "label+value+percent",
    marker: { colors: x.map((_, index) => colour[all[index % all.length]]), line: { color: colour.raised, width: 1 } },
  };
  const layout = {
    margin: { l: 8, r: 8, t: 8, b: 8 }, paper_bgcolor: "rgba(0,0,0,0)", legend: { font: { color: colour.ink } },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour["ink-3"] },
    hoverlabel: { bgcolor: colour.raised, bordercolor: colour.line, font: { color: colour.ink } },
  };
  return window.Plotly.react(element, [trace], layout, { displayModeBar: false, responsive: true });
}

export function draw(element, { x, series, kind = "bar", times = true, numbers = false, stacked = true, unit = "" }) {
  const all = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];
  const colour = colours([...all, "good", "warn", "bad", "ink", "ink-3", "line", "raised"]);
  const zone = document.documentElement.dataset.zoneChosen === "yes" ? document.documentElement.dataset.zone : undefined;
  const at = times ? x.map((micros) => local(micros, zone)) : x;
  if (kind === "pie") return drawPie(element, at.map(String), series[0]?.values ?? [], colour, all);
  const traces = series.map((each, index) => {
    const own = colour[each.tone] ?? colour[all[index % all.length]];
    const common = { x: at, y: each.values, name: each.name, hovertemplate: `%{y:,}${unit ? ` ${unit}` : ""}<extra>%{fullData.name}</extra>` };
    if (kind === "bar") return { ...common, type: "bar", marker: { color: own, line: { width: 0 } } };
    if (kind === "dots") return { ...common, type: "scatter", mode: "markers", marker: { color: own, size: 6, opacity: 0.75 } };
    return {
      ...common, type: "scatter", mode: "lines", line: { color: own, width: 2, shape: "linear" },
      ...(kind === "area" ? { fill: "tozeroy", fillcolor: own.replace("rgb(", "rgba(").replace(")", ", 0.12)") } : {}),
    };
  });
  const grid = { gridcolor: colour.line, zerolinecolor: colour.line, linecolor: colour.line, tickcolor: colour.line, fixedrange: true };
  const layout = {
    barmode: stacked ? "stack" : "group", bargap: 0.25, showlegend: series.length > 1,
    legend: { orientation: "h", x: 0, y: 1.18, font: { color: colour.ink } },
    margin: { l: 44, r: 8, t: series.length > 1 ? 24 : 8, b: 28 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour["ink-3"] },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour.raised, bordercolor: colour.line, font: { color: colour.ink } },
    xaxis: { ...grid, showgrid: false, type: times ? "date" : numbers ? "linear" : "category", tickformatstops: stops() },
    yaxis: { ...grid, rangemode: "tozero", tickformat: "~s", nticks: 5, automargin: true },
  };
  return window.Plotly.react(element, traces, layout, { displayModeBar: false, responsive: true });
}

function stops() {
  const chinese = locale.startsWith("zh");
  return [
    { dtickrange: [null, 3600000 * 20], value: "%H:%M" },
    { dtickrange: [3600000 * 20, "M1"], value: chinese ? "%-m月%-d日" : "%-d %b" },
    { dtickrange: ["M1", null], value: chinese ? "%Y年%-m月" : "%b %Y" },
  ];
}

// Plotly takes a time as it is written: so it is written in the visitor's zone.
function local(micros, zone) {
  return new Date(micros / 1000).toLocaleString("sv-SE", { timeZone: zone, hourCycle: "h23" });
}
