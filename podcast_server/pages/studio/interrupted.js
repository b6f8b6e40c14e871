// What was typed into a form that met a closed door (signed out meanwhile) or an error is there again
// when one comes back to its page. It waits in this tab alone; the episode's editor has a memory of
// its own, which lasts longer.
const KEY = "interrupted";
const LEFT_OUT = new Set(["submit", "button", "image", "reset", "file", "hidden", "password"]);
const here = document.querySelector("[data-interrupted]"); // not on doors and pages about errors

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function write(kept) {
  try {
    if (kept) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  } catch {
    // storage is switched off or full: then only saving keeps it
  }
}

// Nor what the browser is told not to keep, such as the address of a private feed.
const isKept = (field) => field.name && !LEFT_OUT.has(field.type) && field.autocomplete !== "off";
const fieldsOf = (form) => [...form.elements].filter(isKept);
const chosen = (field) => field.type === "radio" || field.type === "checkbox";

function valueOf(field) {
  if (chosen(field)) return field.checked;
  return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
}

function fill(field, value) {
  if (chosen(field)) field.checked = value;
  else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
  else field.value = value;
}

// Of several forms on a page each is known by where it sends what is typed, and by its place.
const nameOf = (form) => `${form.getAttribute("action") ?? ""} ${[...document.forms].indexOf(form)}`;

function bringBack(kept) {
  const form = [...document.forms].find((each) => nameOf(each) === kept.form);
  if (!form) return;
  const fields = fieldsOf(form);
  if (fields.length !== kept.fields.length || fields.some((field, at) => field.name !== kept.fields[at][0])) return;
  fields.forEach((field, at) => fill(field, kept.fields[at][1]));
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  form.prepend(here);
  here.hidden = false;
  form.dispatchEvent(new Event("input", { bubbles: true }));
  here.scrollIntoView({ block: "center" });
}

function takeUp() {
  const kept = read();
  if (!kept) return;
  if (!here) return write({ ...kept, stopped: true });
  if (!kept.stopped || kept.person !== here.dataset.interrupted) return write(null); // it went through
  if (kept.path !== location.pathname) return; // on the way
  write(null);
  bringBack(kept);
}

takeUp();
// A page that is shown again as it was left has an old token in its forms.
addEventListener("pageshow", (event) => { if (event.persisted && read()?.stopped) location.reload(); });
if (here) {
  document.addEventListener("submit", ({ target }) => {
    if (target.method !== "post" || target.querySelector("[data-memory]") || !fieldsOf(target).length) return;
    const fields = fieldsOf(target).map((field) => [field.name, valueOf(field)]);
    write({ person: here.dataset.interrupted, path: location.pathname, form: nameOf(target), fields });
  });
}
