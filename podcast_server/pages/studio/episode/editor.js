// Notes are shown as they are written, and nothing typed is lost: drafts save themselves, and
// what could not be saved waits in the browser.
const form = document.querySelector("form.editor");
const notes = form.elements.notes;
const preview = document.querySelector("[data-preview]");
const said = form.querySelector("[data-saved]");
const memory = `draft:${location.pathname}`;

let timer = 0;
function later(act, ms) {
  clearTimeout(timer);
  timer = setTimeout(act, ms);
}

async function look() {
  if (!preview.open) return;
  const body = new URLSearchParams({ notes: notes.value, csrf_token: form.elements.csrf_token.value });
  const answer = await fetch(preview.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) preview.querySelector(".prose").innerHTML = (await answer.json()).html; // sanitized by the server
}
preview.addEventListener("toggle", look);

// Of radios and boxes it is kept whether each is chosen, by name and value.
const chosen = (field) => field.type === "radio" || field.type === "checkbox";

function remember() {
  const kept = {};
  for (const field of form.elements) {
    if (!field.name || field.name === "csrf_token" || field.type === "submit" || field.type === "file") continue;
    if (chosen(field)) kept[`${field.name}=${field.value}`] = field.checked;
    else kept[field.name] = field.value;
  }
  try {
    sessionStorage.setItem(memory, JSON.stringify(kept));
  } catch {
    // storage is switched off or full: then only saving keeps it
  }
}

form.addEventListener("input", () => {
  remember();
  later(look, 400);
});
form.addEventListener("submit", () => sessionStorage.removeItem(memory));

const kept = JSON.parse(sessionStorage.getItem(memory) ?? "null");
if (kept && !document.querySelector(".messages .success")) {
  let changed = false;
  for (const field of form.elements) {
    const name = chosen(field) ? `${field.name}=${field.value}` : field.name;
    const what = chosen(field) ? "checked" : "value";
    if (field.name && field.type !== "submit" && field.type !== "file" && name in kept && field[what] !== kept[name]) {
      field[what] = kept[name];
      changed = true;
    }
  }
  if (changed) said.textContent = said.dataset.saved;
} else {
  sessionStorage.removeItem(memory);
}

document.querySelector("[data-uploads]")?.addEventListener("arrived", () => {
  remember(); // the page comes back with the new audio and what was typed
  location.reload();
});
