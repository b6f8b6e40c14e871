// Copies the address, and watches for the app's first visit.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select(); // no permission: the listener copies what is marked
      return;
    }
    label.textContent = button.dataset.done;
    setTimeout(() => {
      label.textContent = before;
    }, 2500);
  });
}

// An iPad calls itself a Mac; a Mac has no touch screen.
const here = new URL(location.href);
if (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1 && !here.searchParams.has("device")) {
  here.searchParams.set("device", "ios");
  location.replace(here);
}

const word = document.querySelector("[data-word]");
const GIVE_UP = Date.now() + 30 * 60 * 1000;
let pause = 2000;

async function look() {
  if (word.classList.contains("works") || Date.now() > GIVE_UP) return;
  if (!document.hidden) {
    const told = await fetch(word.dataset.word, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null); // the line broke, perhaps half-way through the answer: asked again later
    if (told) {
      word.querySelector("[data-text]").textContent = told.text;
      word.classList.toggle("works", told.works);
    }
    pause = Math.min(pause * 1.15, 15000);
  }
  setTimeout(look, pause);
}
setTimeout(look, pause);
