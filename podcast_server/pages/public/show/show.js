// Each episode's player waits behind a play button, and only one plays at a time.
const players = [...document.querySelectorAll("audio[data-play]")];

for (const player of players) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button secondary play";
  button.innerHTML =
    '<svg class="icon solid" viewBox="0 0 24 24" aria-hidden="true"><path d="M7 4.5v15l12-7.5z"/></svg><span></span>';
  button.querySelector("span").textContent = player.dataset.play;
  const title = document.createElement("span");
  title.className = "unseen";
  title.textContent = ` ${player.getAttribute("aria-label")}`;
  button.append(title);
  player.hidden = true;
  player.before(button);
  button.addEventListener("click", () => {
    button.remove();
    player.hidden = false;
    player.focus();
    player.play();
  });
  player.addEventListener("play", () => {
    for (const other of players) if (other !== player) other.pause();
  });
}
