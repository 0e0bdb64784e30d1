// What the same person did before and after: fetched once the page stands, for it takes longer.
import { startTimes } from "./times.js";

const section = document.querySelector("[data-around]");
if (section) {
  const answer = await fetch(section.dataset.around).catch(() => null);
  const inside = section.querySelector(".inside");
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    inside.replaceChildren(...page.body.childNodes);
    startTimes(inside);
  } else section.hidden = true;
}
