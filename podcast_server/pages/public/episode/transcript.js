// Brings the transcript into the page and lets it follow the sound; a click on words seeks. Where
// there are several languages, their links stay and each brings its own.
let shown = null;

export async function followTranscript(link, audio, seek) {
  const answer = await fetch(link.href);
  if (!answer.ok) {
    location.href = link.href;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const text = document.importNode(page.querySelector(".transcript"), true);
  text.classList.add("following");
  text.tabIndex = 0;
  const links = link.parentElement.querySelectorAll("[data-transcript]");
  shown?.text.remove();
  shown?.following.abort();
  shown = { text, following: new AbortController() };
  if (links.length > 1 || link.dataset.transcript === "stay") link.parentElement.after(text);
  else link.parentElement.replaceWith(text);
  for (const each of links) {
    if (each === link) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }

  const { signal } = shown.following;
  const cues = [...text.querySelectorAll("[data-at]")];
  text.addEventListener("click", (event) => {
    const cue = event.target.closest("[data-at]");
    if (cue && !getSelection().toString()) seek(Number(cue.dataset.at));
  });
  let current = null;
  function follow() {
    const now = cues.findLast((cue) => Number(cue.dataset.at) <= audio.currentTime);
    if (now === current) return;
    current?.classList.remove("now");
    now?.classList.add("now");
    current = now;
    // Scrolls inside the transcript only, never the page under the reader's eyes.
    if (now) text.scrollTop = now.offsetTop - text.offsetTop - text.clientHeight / 3;
  }
  audio.addEventListener("timeupdate", follow, { signal });
}
