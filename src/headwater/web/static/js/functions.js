// The editor of a function: line numbers, the Tab key, the line of an error; and its trial.
const words = JSON.parse(document.getElementById("function-words")?.textContent ?? "{}");
const area = document.getElementById("code");
const gutter = document.querySelector(".gutter");

function number(wrong = 0) {
  const lines = area.value.split("\n").length;
  const spans = [];
  for (let line = 1; line <= lines; line += 1) {
    const span = document.createElement("span");
    span.textContent = line;
    if (line === wrong) span.className = "wrong";
    spans.push(span);
  }
  gutter.replaceChildren(...spans);
  gutter.scrollTop = area.scrollTop;
}

function goTo(line) {
  if (!line) return;
  const before = area.value.split("\n").slice(0, line - 1);
  const at = before.join("\n").length + (line > 1 ? 1 : 0);
  area.focus({ preventScroll: true });
  area.setSelectionRange(at, at);
  const height = area.scrollHeight / Math.max(area.value.split("\n").length, 1);
  area.scrollTop = Math.max(0, (line - 5) * height);
  number(line);
}

function indent(event) {
  if (event.key === "Escape") {
    area.dataset.leaves = "1"; // the next Tab leaves the field, for those without a pointer
    return;
  }
  if (event.key !== "Tab" || event.shiftKey || area.readOnly || area.dataset.leaves) {
    if (event.key !== "Tab") delete area.dataset.leaves;
    return;
  }
  event.preventDefault();
  area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

const element = (name, text = "", className = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

function errorText(error) {
  const where = error.line ? ` (${words.line.replace("{line}", error.line)})` : "";
  return `${error.name ? `${error.name}: ` : ""}${error.message}${where}`;
}

function resultOf(result) {
  const box = element("article", "", "trial-result");
  const head = element("h3");
  const name = result.before.event || result.before.type || result.before.method || "";
  const tone = { failed: "bad", dropped: "warn", changed: "good", made: "good" }[result.outcome] ?? "";
  head.append(element("span", name), element("span", words[result.outcome], `badge ${tone}`));
  box.append(head);
  if (result.reason) box.append(element("p", result.reason, "warn"));
  if (result.error) box.append(element("p", errorText(result.error), "bad mono"));
  for (const line of result.logs) box.append(element("p", `${line.level}: ${line.text}`, "mono small"));
  for (const one of result.differences) {
    const said = [one.before, one.after].map((value) => JSON.stringify(value) ?? "–").join(" → ");
    const row = element("p", "", "small mono");
    row.append(element("span", `${one.path} `, "path"), said);
    box.append(row);
  }
  if (result.outcome === "changed" || result.outcome === "made") {
    const shown = element("pre", JSON.stringify(result.events, null, 2));
    shown.tabIndex = 0;
    shown.setAttribute("aria-label", words.after);
    box.append(shown);
  }
  box.append(element("p", `${result.milliseconds.toFixed(1)} ms`, "softer small"));
  return box;
}

async function run() {
  const panel = document.getElementById("try");
  const results = document.getElementById("results");
  const button = document.getElementById("run");
  const on = document.getElementById("on").value;
  const body = {
    code: area.value,
    handler: document.getElementById("handler").value,
    instanceId: document.getElementById("instance").value,
  };
  if (on) body.sourceId = on;
  else {
    try {
      const given = JSON.parse(document.getElementById("given").value);
      body.events = Array.isArray(given) ? given : [given];
    } catch {
      results.replaceChildren(element("p", words.json, "bad"));
      return;
    }
  }
  button.disabled = true;
  results.replaceChildren(element("p", words.running, "softer"));
  number();
  try {
    const answer = await fetch(`/api/functions/${panel.dataset.function}/test`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    results.replaceChildren(...(answer.ok ? shown(said.data.trial) : [element("p", said.message, "bad")]));
  } catch (error) {
    results.replaceChildren(element("p", String(error), "bad"));
  } finally {
    button.disabled = false;
  }
}

function shown(trial) {
  if (trial.error) {
    goTo(trial.error.line);
    return [element("p", words.loads, "bad strong"), element("p", errorText(trial.error), "bad mono")];
  }
  const failed = trial.results.find((each) => each.error?.line);
  if (failed) number(failed.error.line);
  const lines = trial.logs.map((line) => element("p", `${line.level}: ${line.text}`, "mono small"));
  if (!trial.results.length) lines.push(element("p", words.none, "softer"));
  return [...lines, ...trial.results.map(resultOf)];
}

if (area && gutter) {
  const said = /line (\d+)/i.exec(area.closest("[data-editor]").dataset.wrong ?? "");
  number();
  if (said) goTo(Number(said[1]));
  const wanted = /^#line-(\d+)$/.exec(location.hash);
  if (wanted) goTo(Number(wanted[1]));
  area.addEventListener("input", () => number());
  area.addEventListener("scroll", () => {
    gutter.scrollTop = area.scrollTop;
  });
  area.addEventListener("keydown", indent);
  document.getElementById("run").addEventListener("click", run);
  const on = document.getElementById("on");
  on.addEventListener("change", () => {
    document.getElementById("given-part").hidden = Boolean(on.value);
  });
}
