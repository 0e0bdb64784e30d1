// Bars with what the pointer is on, tabs of languages, lists that are searched as one types, and
// names that follow the kind.
startBars();
startWays();
startSearch();
startKinds();

function startBars() {
  const show = (event) => {
    const bar = event.target.closest?.("[data-bars] g");
    for (const tip of document.querySelectorAll(".bars .tip")) tip.remove();
    if (!bar) return;
    const plot = bar.closest(".plot");
    const rows = bar.closest("[data-bars]").querySelectorAll("tbody tr");
    const at = [...bar.parentNode.querySelectorAll("g")].indexOf(bar);
    const tip = document.createElement("div");
    tip.className = "tip";
    const count = document.createElement("strong");
    count.textContent = bar.dataset.count;
    tip.append(count, rows[at]?.cells[0].textContent ?? "");
    plot.append(tip);
    const box = bar.getBoundingClientRect();
    const around = plot.getBoundingClientRect();
    const half = tip.offsetWidth / 2;
    const middle = box.left + box.width / 2 - around.left;
    tip.style.left = `${Math.min(Math.max(middle, half), around.width - half)}px`;
    tip.style.top = `${box.top - around.top - 4}px`;
  };
  document.addEventListener("pointerover", show);
}

function startWays() {
  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.("[data-ways] [role=tab]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(tab);
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("[data-ways] [role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    event.preventDefault();
    const tabs = [...tab.parentNode.querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
}

function choose(tab) {
  const ways = tab.closest("[data-ways]");
  for (const each of ways.querySelectorAll("[role=tab]")) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    if (chosen) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  const address = new URL(location.href);
  address.searchParams.set("language", new URL(tab.href).searchParams.get("language"));
  history.replaceState(null, "", address);
}

// A table with the id `events` is searched as one types; without script the form asks the server.
function startSearch() {
  const field = document.querySelector("#f-q");
  const table = document.getElementById("events");
  if (!field || !table) return;
  const none = document.getElementById("events-none");
  const search = () => {
    const wanted = field.value.trim().toLowerCase();
    let found = 0;
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.dataset.words.includes(wanted);
      if (!row.hidden) found += 1;
    }
    table.parentNode.hidden = found === 0;
    if (none) none.hidden = found > 0;
  };
  field.addEventListener("input", search);
  field.form.addEventListener("submit", (event) => event.preventDefault());
  if (field.value) search();
}

// Until somebody writes a name, it is the kind's.
function startKinds() {
  const name = document.querySelector("form:has(.kinds) input[name=name]");
  if (!name) return;
  let own = name.value !== "";
  name.addEventListener("input", () => { own = name.value !== ""; });
  const follow = () => {
    const kind = document.querySelector(".kinds input:checked");
    if (kind && !own) name.value = kind.dataset.name;
  };
  for (const kind of document.querySelectorAll(".kinds input")) kind.addEventListener("change", follow);
  follow();
}
