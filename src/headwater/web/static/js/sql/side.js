// The tabs at the side of the editor: arrows move among them, as the pattern for tabs has it.
export function startSide(page) {
  const tabs = [...page.querySelectorAll("[role=tab]")];
  const show = (tab) => {
    for (const each of tabs) {
      const is = each === tab;
      each.setAttribute("aria-selected", String(is));
      each.tabIndex = is ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !is;
    }
  };
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const to = tabs[(at + step + tabs.length) % tabs.length];
      show(to);
      to.focus();
    });
  });
}
