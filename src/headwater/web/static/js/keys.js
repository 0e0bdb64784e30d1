// Shortcuts: `g` and a letter goes to a page, `?` shows them all, `/` searches this page.
import { openPalette } from "./palette.js";

let went = 0;

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (Date.now() - went < 1200) {
      went = 0;
      const place = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
      if (place) {
        event.preventDefault();
        location.assign(place.getAttribute("href"));
      }
    } else if (event.key === "g") went = Date.now();
    else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
    else if (event.key === "/") {
      const field = document.querySelector("[data-search], input[type=search]");
      if (field) {
        event.preventDefault();
        field.focus();
      }
    } else own(event);
  });
}

// An element with data-shortcut="n" is pressed by that key.
function own(event) {
  const element = [...document.querySelectorAll("[data-shortcut]")].find((each) => each.dataset.shortcut === event.key);
  if (element) {
    event.preventDefault();
    element.click();
  }
}

function isTyping(element) {
  return element.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]:not([contenteditable=false])");
}
