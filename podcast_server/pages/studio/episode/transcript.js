// A transcript read along with the audio, as listeners do on the episode's page.
import { followTranscript } from "../../public/episode/transcript.js";

const audio = document.querySelector("audio[data-episode]");
for (const link of document.querySelectorAll("[data-transcript]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    followTranscript(link, audio, (seconds) => {
      audio.currentTime = seconds;
      audio.play();
    });
  });
}
