// The show as an app will have it, while its words are typed.
const preview = document.querySelector(".app-preview");
const form = document.querySelector("form.show-form");
const shown = Object.fromEntries([...preview.querySelectorAll("[data-follows]")].map((each) => [each.dataset.follows, each]));

for (const name of ["title", "author"]) {
  form.elements[name].addEventListener("input", () => {
    shown[name].textContent = form.elements[name].value;
  });
}

let timer = 0;
const description = form.elements.description;
async function words() {
  const body = new URLSearchParams({ notes: description.value, csrf_token: form.elements.csrf_token.value });
  const answer = await fetch(preview.dataset.words, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const html = (await answer.json()).html;
  shown.description.textContent = new DOMParser().parseFromString(html, "text/html").body.textContent;
}
description.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(words, 300);
});

form.elements.public_feed.addEventListener("change", (event) => {
  for (const each of preview.querySelectorAll("[data-teaser]")) each.hidden = event.target.value === "hidden";
});
