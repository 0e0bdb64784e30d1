// A new plan needs a name; one that there is does not.
const plan = document.getElementById("plan");
const name = document.getElementById("name");
if (plan && name) {
  const show = () => {
    name.hidden = plan.value !== "";
    name.required = plan.value === "";
  };
  plan.addEventListener("change", show);
  show();
}
