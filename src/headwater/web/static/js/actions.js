// Copy buttons, dialogs, forms that ask for a name to be typed, and fields that submit at once.
import { toast } from "./toasts.js";
import { word } from "./words.js";

export function startActions() {
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-copy], [data-opens], [data-closes]");
    if (!target) return;
    if (target.dataset.copy !== undefined) copy(target);
    if (target.dataset.opens) document.getElementById(target.dataset.opens)?.showModal();
    if (target.dataset.closes !== undefined) target.closest("dialog")?.close();
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("dialog.dialog") && isOutside(event)) event.target.close();
  });
  document.addEventListener("input", (event) => {
    const wanted = event.target.dataset?.mustEqual;
    if (wanted === undefined) return;
    event.target.setCustomValidity(event.target.value === wanted ? "" : word("type_exactly", { name: wanted }));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("[data-must-equal]")) {
      if (field.value !== field.dataset.mustEqual) {
        event.preventDefault();
        field.focus();
        return;
      }
    }
    // A second press while the first is under way does nothing.
    if (event.target.dataset.sent && event.target.method === "post") event.preventDefault();
    else event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
}

function isOutside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

export async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
  button.classList.add("copied");
  toast(word("copied"), "good");
  setTimeout(() => button.classList.remove("copied"), 1500);
}

// Pages by plain http from another machine have no clipboard of their own.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
