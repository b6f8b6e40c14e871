// Brings the transcript into the page and lets it follow the sound; a click on words seeks.
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
  link.parentElement.replaceWith(text);

  const cues = [...text.querySelectorAll("[data-at]")];
  text.addEventListener("click", (event) => {
    const cue = event.target.closest("[data-at]");
    if (cue && !getSelection().toString()) seek(Number(cue.dataset.at));
  });
  let current = null;
  audio.addEventListener("timeupdate", () => {
    const now = cues.findLast((cue) => Number(cue.dataset.at) <= audio.currentTime);
    if (now === current) return;
    current?.classList.remove("now");
    now?.classList.add("now");
    current = now;
    // Scrolls inside the transcript only, never the page under the reader's eyes.
    if (now) text.scrollTop = now.offsetTop - text.offsetTop - text.clientHeight / 3;
  });
}
