// The first event's arrival: the page is told by the stream, and then asks for itself anew until the
// warehouse has answered.
import { listen, showState } from "./live.js";
import { startTimes } from "./times.js";

const arrival = () => document.getElementById("arrival");
if (arrival()) start();

function start() {
  if (arrival().dataset.state === "asked") return;
  const mark = document.getElementById("arrival-live");
  const stream = listen(arrival().dataset.stream, {
    names: ["seen"],
    state: mark ? showState(mark) : undefined,
    message: () => update(stream),
  });
  if (arrival().dataset.state === "arrived") update(stream);
}

let updating = false;

async function update(stream) {
  if (updating) return;
  updating = true;
  for (let pause = 250; arrival().dataset.state !== "asked" && pause < 8000; pause *= 1.4) {
    await refetch();
    if (["asked", "aside"].includes(arrival().dataset.state)) break;
    await new Promise((done) => setTimeout(done, pause));
  }
  updating = false;
  if (arrival().dataset.state === "asked") stream.close();
}

// Takes over what changed: the arrival, and the marks of the steps.
async function refetch() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const after = page.getElementById("arrival");
  if (!after || after.dataset.state === arrival().dataset.state) return;
  arrival().replaceWith(after);
  startTimes(after);
  document.getElementById("leave").replaceChildren(...page.getElementById("leave").childNodes);
  const steps = [...document.querySelectorAll(".welcome > li")];
  [...page.querySelectorAll(".welcome > li")].forEach((step, index) => {
    steps[index].className = step.className;
    if (step.hasAttribute("aria-current")) steps[index].setAttribute("aria-current", "step");
    else steps[index].removeAttribute("aria-current");
  });
}
