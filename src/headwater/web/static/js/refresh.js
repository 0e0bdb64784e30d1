// An element with an id and data-refresh="SECONDS" is fetched anew from this page's own address,
// while the page is in sight; nothing moves when nothing changed.
import { drawCharts } from "./charts.js";
import { startTimes } from "./times.js";

export function startRefreshing() {
  for (const element of document.querySelectorAll("[data-refresh]")) {
    const seconds = Number(element.dataset.refresh);
    if (seconds > 0) setInterval(() => document.hidden || refresh(element.id), seconds * 1000);
  }
}

export async function refresh(id) {
  const before = document.getElementById(id);
  if (!before || before.contains(document.activeElement) || before.querySelector("details[open]")) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const after = page.getElementById(id);
  if (!after || after.innerHTML === before.dataset.last) return;
  before.dataset.last = after.innerHTML;
  before.replaceChildren(...after.childNodes);
  startTimes(before);
  drawCharts(before);
}
