// What was typed and not saved waits in this browser, for one episode and one person, until it is
// saved or forgotten. Only fields that differ from what the page came with are kept.
const DAYS = 30;
const form = document.querySelector("form.editor");
const offer = form.querySelector("[data-memory]");
const key = offer.dataset.memory;
const version = offer.dataset.version; // when the episode was last changed, as the server says
const unsaved = "unsaved" in offer.dataset; // the page shows what was typed, with what is wrong
const LEFT_OUT = new Set(["csrf_token", "act", "seen", "over"]);
const fields = [...form.elements].filter((field) => field.name && !["submit", "file"].includes(field.type) && !LEFT_OUT.has(field.name));
const hidden = new Map(fields.filter((field) => field.type === "hidden").map((field) => [field, field.value]));

// Of radios and boxes it is kept whether each is chosen, by name and value.
const chosen = (field) => field.type === "radio" || field.type === "checkbox";
const named = (field) => (chosen(field) ? `${field.name}=${field.value}` : field.name);
const value = (field) => (chosen(field) ? field.checked : field.value);

function before(field) {
  if (chosen(field)) return field.defaultChecked;
  if (hidden.has(field)) return hidden.get(field);
  if (!field.options) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
}

const changed = () => fields.filter((field) => value(field) !== before(field));

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(key));
    return found?.fields && Date.now() - found.at < DAYS * 86_400_000 ? found : null;
  } catch {
    return null;
  }
}

function write(kept) {
  try {
    if (kept) localStorage.setItem(key, JSON.stringify(kept));
    else localStorage.removeItem(key);
  } catch {
    // storage is switched off or full: then only saving keeps it
  }
}

let kept = read();
let leaving = false; // by a way that loses nothing, or on purpose

export const isDirty = () => unsaved || changed().length > 0;

export function remember(more = {}) {
  // What is offered and not taken up yet, or shown again after a refusal, is not lost by typing on.
  const older = kept && (unsaved || !offer.hidden) ? kept.fields : {};
  const typed = Object.fromEntries(changed().map((field) => [named(field), value(field)]));
  const all = { ...older, ...typed };
  if (!Object.keys(all).length) return write(null);
  write({ at: Date.now(), version, seen: form.elements.seen.value, fields: all, ...more });
}

// Leave for a page that comes back here, and have everything there again by itself.
export function leaveAndReturn() {
  if (isDirty()) {
    remember();
    sessionStorage.setItem("return", key);
  }
  leaving = true;
}

function put(found) {
  for (const field of fields) {
    if (!(named(field) in found)) continue;
    if (chosen(field)) field.checked = found[named(field)];
    else field.value = found[named(field)];
  }
}

function differs(found) {
  return fields.some((field) => named(field) in found && found[named(field)] !== value(field));
}

function takeUp() {
  const how = sessionStorage.getItem("return") === key ? "return" : sessionStorage.getItem("restore") === key ? "restore" : "";
  sessionStorage.removeItem("return");
  sessionStorage.removeItem("restore");
  if (!kept) return;
  if (unsaved) return write((kept = { ...kept, version, submitted: false })); // it came back refused
  const wasSaved = kept.submitted && kept.version !== version;
  if (wasSaved || !differs(kept.fields)) {
    kept = null;
    return remember(); // what the browser itself may have put back
  }
  if (how) {
    put(kept.fields);
    if (how === "restore") form.elements.seen.value = kept.seen; // older than this page, perhaps
    const said = form.querySelector("[data-saved]");
    said.textContent = said.dataset.saved;
    return;
  }
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  offer.querySelector("[data-when]").textContent = offer.dataset.words.replace("{when}", when.format(kept.at));
  offer.hidden = false;
}
takeUp();

offer.querySelector("[data-restore]").addEventListener("click", () => {
  remember({ seen: kept.seen });
  sessionStorage.setItem("restore", key);
  leaving = true;
  location.reload();
});
offer.querySelector("[data-forget]").addEventListener("click", () => {
  kept = null;
  offer.hidden = true;
  remember();
});
form.addEventListener("input", () => remember());
form.addEventListener("submit", () => {
  remember({ submitted: true }); // it goes when a page comes back on which it is saved
  leaving = true;
});
form.querySelector("[data-drop]")?.addEventListener("click", () => {
  write(null);
  leaving = true;
});
document.addEventListener("submit", ({ target }) => { if (target !== form) leaveAndReturn(); });
addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
addEventListener("beforeunload", (event) => { if (!leaving && isDirty()) event.preventDefault(); });
