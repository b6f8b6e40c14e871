// The episode's player: chapters and transcript that seek, speed, sleep timer, share at a time.
import { inBrowser, onAccount } from "./place.js";
import { followTranscript } from "./transcript.js";

const audio = document.querySelector("#player audio");
const tools = document.querySelector(".player-tools");
const said = tools.querySelector("[data-said]");

tools.hidden = false;

function seek(seconds, play = true) {
  audio.currentTime = seconds;
  if (play) audio.play();
}

const place = audio.dataset.save ? onAccount(audio) : inBrowser(`position:${audio.dataset.key}`);

if (Number(audio.dataset.start)) {
  audio.currentTime = Number(audio.dataset.start);
} else if (place.recall() > 10) {
  audio.currentTime = place.recall();
}

let noted = audio.currentTime;
audio.addEventListener("timeupdate", () => {
  if (Math.abs(audio.currentTime - noted) < place.every) return;
  noted = audio.currentTime;
  place.keep(noted);
});
audio.addEventListener("pause", () => place.keep(audio.currentTime));
audio.addEventListener("ended", () => place.end(audio.duration));
addEventListener("pagehide", () => {
  if (!audio.paused) place.keep(audio.currentTime);
});

for (const button of tools.querySelectorAll("[data-skip]")) {
  button.addEventListener("click", () => {
    audio.currentTime = Math.max(0, audio.currentTime + Number(button.dataset.skip));
  });
}

tools.querySelector("[data-speed]").addEventListener("change", (event) => {
  audio.playbackRate = Number(event.target.value);
});

let timer = 0;
tools.querySelector("[data-sleep]").addEventListener("change", (event) => {
  clearTimeout(timer);
  const minutes = Number(event.target.value);
  if (!minutes) return;
  timer = setTimeout(() => {
    audio.pause();
    event.target.value = "0";
  }, minutes * 60000);
});

tools.querySelector("[data-share]")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  const seconds = Math.floor(audio.currentTime);
  const url = tools.dataset.address + (seconds ? `?t=${seconds}` : "");
  if (navigator.share && matchMedia("(pointer: coarse)").matches) {
    await navigator.share({ url, title: document.title }).catch(() => {});
    return;
  }
  await navigator.clipboard.writeText(url);
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = said.textContent = button.dataset.done;
  setTimeout(() => {
    label.textContent = before;
  }, 2500);
});

const chapters = [...document.querySelectorAll("[data-seek]")];
for (const link of chapters) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    seek(Number(link.dataset.seek));
  });
}
audio.addEventListener("timeupdate", () => {
  const current = chapters.findLast((link) => Number(link.dataset.seek) <= audio.currentTime);
  for (const link of chapters) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
});

for (const link of document.querySelectorAll("[data-transcript]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    followTranscript(link, audio, seek);
  });
}

if ("mediaSession" in navigator) {
  navigator.mediaSession.metadata = new MediaMetadata({
    title: document.querySelector("h1").textContent,
    artist: document.querySelector(".kicker").textContent.trim(),
  });
}
