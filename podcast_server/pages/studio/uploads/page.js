// The place to drop audio on: one line for each file, with progress and what can be done.
import { refreshList } from "../episodes/refresh.js";
import { fill } from "./fill.js";
import { ask, fingerprint, Refused, Upload } from "./upload.js";

const zone = document.querySelector("[data-uploads]");
const base = zone.dataset.uploads;
const words = JSON.parse(zone.dataset.words);
const list = zone.querySelector(".upload-list");
const input = zone.querySelector("input[type=file]");
const AT_ONCE = 2;
const waiting = [];
const onTheWay = new Set();
let running = 0;

// Leaving would break it off; what is examined or converted goes on without the page.
const sends = () => waiting.length > 0 || [...onTheWay].some((each) => each.state !== "examining");

function time(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} ${words.s}` : `${Math.ceil(seconds / 60)} ${words.min}`;
}

function status(upload, share) {
  if (upload.state === "examining") return examining(upload.told);
  if (upload.state !== "sending") return words[upload.state] ?? "";
  const parts = [`${words.sending} ${Math.floor(share * 100)} %`];
  if (upload.speed) {
    parts.push(words.speed.replace("{speed}", (upload.speed / 1e6).toFixed(1)));
    parts.push(words.left.replace("{time}", time(((1 - share) * upload.file.size) / upload.speed)));
  }
  return parts.join(" · ");
}

function examining(told) {
  if (typeof told?.converted !== "number") return words.examining;
  return words.converting.replace("{share}", Math.floor(told.converted * 100));
}

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: text });
  made.addEventListener("click", act);
  return made;
}

function line(file) {
  const known = [...list.children].find((item) => item.dataset.fingerprint === fingerprint(file));
  const item = known ?? document.createElement("li");
  item.dataset.fingerprint = fingerprint(file);
  item.dataset.state = "sending";
  item.replaceChildren();
  const name = Object.assign(document.createElement("strong"), { textContent: file.name });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", file.name);
  const said = document.createElement("span");
  const acts = Object.assign(document.createElement("span"), { className: "upload-acts" });
  item.append(name, bar, said, acts);
  list.append(item);
  return { item, bar, said, acts };
}

// In this tab, unless that would break off what is still being sent.
function opener(address) {
  const link = Object.assign(document.createElement("a"), { href: address, textContent: words.open });
  link.addEventListener("click", () => { link.target = sends() ? "_blank" : ""; });
  return link;
}

function begin(file) {
  const { item, bar, said, acts } = line(file);
  const name = item.querySelector("strong");
  let link = null;
  const upload = new Upload(file, base, {
    episode: zone.dataset.episode ?? "",
    onGlance(self, filled, seen) {
      if (zone.dataset.episode) return fill(document.querySelector("form.editor"), filled, seen);
      if (filled.title) name.textContent = filled.title;
      link = opener(self.told.episode);
      acts.prepend(link);
      refreshList(); // its draft is there
    },
    onChange(self, share) {
      item.dataset.state = self.state;
      stop.hidden = self.state === "examining"; // all of it is there: nothing is left to pause
      bar.value = self.told?.converted ?? share;
      said.textContent = self.state === "refused" ? self.told.reason : status(self, share);
    },
  });
  const stop = button(words.pause, () => {
    if (upload.state === "paused") upload.resume();
    else upload.hold();
    stop.textContent = upload.state === "paused" ? words.resume : words.pause;
  });
  const quit = button(words.cancel, async () => {
    if (upload.state !== "refused" && !confirm(words.sure)) return;
    await upload.giveUp();
    item.remove();
    refreshList();
  });
  function finish() {
    stop.remove();
    bar.remove();
    if (upload.state === "refused") quit.textContent = words.remove;
    if (upload.state !== "used") return link?.remove();
    quit.remove();
    if (upload.told.title && !zone.dataset.episode) name.textContent = upload.told.title;
    if (!link && !zone.dataset.episode) acts.prepend(opener(upload.told.episode));
    for (const warning of upload.told.warnings) {
      item.append(Object.assign(document.createElement("p"), { className: "hint", textContent: warning }));
    }
  }
  acts.append(stop, quit);
  waiting.push(async () => {
    onTheWay.add(upload);
    try {
      await upload.run();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      upload.state = item.dataset.state = "refused";
      said.textContent = error.message;
    } finally {
      onTheWay.delete(upload);
    }
    finish();
    return upload;
  });
  next();
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  running += 1;
  const upload = await waiting.shift()().finally(() => { running -= 1; });
  next();
  refreshList();
  // Only now: whoever hears it may leave the page, which asks while something runs.
  if (upload.state === "used") zone.dispatchEvent(new CustomEvent("arrived", { detail: upload.told }));
}

input.addEventListener("change", () => {
  for (const file of input.files) begin(file);
  input.value = "";
});
for (const kind of ["dragover", "dragenter"]) {
  zone.addEventListener(kind, (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
}
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  for (const file of event.dataTransfer.files) begin(file);
});
addEventListener("beforeunload", (event) => {
  if (sends()) event.preventDefault(); // what has arrived is kept, but the rest has to be chosen again
});

// Uploads of an earlier visit: refused ones can be removed, examined ones become episodes.
for (const item of list.querySelectorAll("li[data-key]")) {
  const address = `${base}/${item.dataset.key}`;
  const refused = () => item.dataset.state === "refused";
  item.append(button(refused() ? words.remove : words.cancel, async () => {
    if (!refused() && !confirm(words.sure)) return;
    await ask("DELETE", address);
    item.remove();
    refreshList();
  }));
  if (item.dataset.state === "examining") follow(item, address);
}

async function follow(item, address) {
  let told = { state: "examining" };
  while (told.state === "examining" && item.isConnected) {
    await new Promise((done) => setTimeout(done, 2000));
    told = await ask("GET", address).catch(() => told);
    if (told.state === "examining") item.querySelector("[data-status]").textContent = examining(told);
  }
  if (!item.isConnected) return;
  item.dataset.state = told.state;
  item.querySelector("[data-status]").textContent = told.state === "refused" ? told.reason : words[told.state] ?? "";
  if (told.state === "refused") item.querySelector("button").textContent = words.remove;
  if (told.state === "used") {
    item.querySelector("strong").textContent = told.title;
    item.querySelector("button").replaceWith(opener(told.episode));
  }
  refreshList();
}
