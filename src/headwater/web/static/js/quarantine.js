// A fix shows the fields that its operation takes; without script all of them are there.
for (const fix of document.querySelectorAll("[data-fix]")) {
  const op = fix.querySelector("[data-op]");
  const show = () => {
    for (const each of fix.querySelectorAll("[data-for]")) each.hidden = each.dataset.for !== op.value;
  };
  op.addEventListener("change", show);
  show();
}
