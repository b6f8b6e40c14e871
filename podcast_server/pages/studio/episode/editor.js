// Notes are shown as they are written, and nothing typed is lost: see memory.js.
import { leaveAndReturn } from "./memory.js";

const form = document.querySelector("form.editor");
const notes = form.elements.notes;
const preview = document.querySelector("[data-preview]");

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
form.addEventListener("input", () => later(look, 400));

document.querySelector("[data-uploads]")?.addEventListener("arrived", () => {
  leaveAndReturn(); // the page comes back with the new audio and what was typed
  location.reload();
});
