// Short notices at the corner, read out by screen readers; gone after a while unless pointed at.
import { word } from "./words.js";

export function toast(text, tone = "plain") {
  const box = document.getElementById("toasts");
  if (!box) return;
  const element = document.createElement("div");
  element.className = `toast ${tone}`;
  const says = document.createElement("p");
  says.textContent = text;
  element.append(says, closing());
  box.append(element);
  leave(element, tone);
}

export function startToasts() {
  for (const element of document.querySelectorAll(".toast")) leave(element, element.dataset.tone);
  document.addEventListener("click", (event) => {
    event.target.closest?.("[data-dismisses]")?.closest(".toast")?.remove();
  });
}

function closing() {
  const button = document.createElement("button");
  button.className = "plain softer";
  button.type = "button";
  button.dataset.dismisses = "";
  button.setAttribute("aria-label", word("dismiss"));
  button.textContent = "✕";
  return button;
}

function leave(element, tone) {
  if (tone === "bad") return;
  const go = () => (element.matches(":hover, :focus-within") ? setTimeout(go, 2000) : element.remove());
  setTimeout(go, 5000);
}
