// One box that chooses every episode of the page; it shows by itself when only some are.
const all = document.querySelector("[data-choose-all]");
const each = [...document.querySelectorAll(".work-list input[name=key]")];

function look() {
  const chosen = each.filter((box) => box.checked).length;
  all.checked = chosen === each.length;
  all.indeterminate = chosen > 0 && !all.checked;
}

all?.addEventListener("change", () => each.forEach((box) => { box.checked = all.checked; }));
each.forEach((box) => box.addEventListener("change", look));
