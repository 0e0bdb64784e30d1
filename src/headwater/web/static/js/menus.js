// Menus are <details>: here they close by Escape, by a click elsewhere, and are walked by arrows.
export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.activeElement?.closest?.("[data-menu]");
    if (!menu) return;
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!menu.open) menu.open = true;
      const items = [...menu.querySelectorAll(".sheet a, .sheet button")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const at = items.indexOf(document.activeElement);
      items[(at + step + items.length) % items.length]?.focus();
      event.preventDefault();
    }
  });
  startSide();
}

// The menu at the side, behind a button on a narrow window.
function startSide() {
  const side = document.getElementById("menu");
  const button = document.querySelector("[data-shows-menu]");
  if (!side || !button) return;
  const show = (open) => {
    side.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    // Its links can be focused once it is in sight.
    if (open) requestAnimationFrame(() => side.querySelector("a, button, summary")?.focus());
  };
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show(!side.classList.contains("open"));
  });
  document.addEventListener("click", (event) => {
    if (!side.contains(event.target) && !button.contains(event.target)) side.classList.remove("open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && side.classList.contains("open")) {
      show(false);
      button.focus();
    }
  });
}
