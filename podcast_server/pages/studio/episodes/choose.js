// One box that chooses every episode of the page; it shows by itself when only some are.
const boxes = () => [...document.querySelectorAll(".work-list input[name=key]")];

document.addEventListener("change", ({ target }) => {
  const all = document.querySelector("[data-choose-all]");
  if (target === all) for (const box of boxes()) box.checked = all.checked;
  else if (target.matches(".work-list input[name=key]")) {
    const chosen = boxes().filter((box) => box.checked).length;
    all.checked = chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
});
