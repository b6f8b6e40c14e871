// The chapter desk: marks on a picture of the sound, and a list that says all about each. What it
// holds goes into a hidden field as JSON Chapters; without it the lines in the text field count.
const desk = document.querySelector(".chapter-desk");
const form = desk.closest("form");
const words = JSON.parse(desk.dataset.words);
const duration = Number(desk.dataset.duration);
const wave = desk.querySelector(".wave");
const canvas = wave.querySelector("canvas");
const list = desk.querySelector(".chapter-list");
const head = desk.querySelector("#play-head");
const place = desk.querySelector("output");
const said = desk.querySelector("[data-said]");
const undo = desk.querySelector("[data-act=undo]");
const hidden = form.elements.chapters_json;
const lines = form.elements.chapters.closest(".field") ?? form.elements.chapters;
const audio = document.querySelector("audio[data-episode]");
const line = wave.appendChild(Object.assign(document.createElement("span"), { className: "head" }));
let removed = null;
let number = 0;

// kept by the browser over a reload, or as the server has them
const rows = read(hidden.value) ?? JSON.parse(desk.dataset.chapters);
const chapters = rows.map((row) => ({ ...row }));
const opened = { chapter: new WeakSet(), more: new WeakSet() };
const phone = matchMedia("(max-width: 46rem)");
const said_of = new WeakMap(); // what tells a chapter's mark that it changed

function read(text) {
  try {
    return JSON.parse(text).chapters;
  } catch {
    return null;
  }
}

const within = (seconds) => Math.min(duration, Math.max(0, Math.round(seconds * 10) / 10));

function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  const tenth = Math.round((seconds - whole) * 10);
  const text = parts.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
  return tenth && tenth < 10 ? `${text}.${tenth}` : text;
}

function seconds(text) {
  if (!/^\d+(:\d{1,2}){0,2}(\.\d+)?$/.test(text.trim())) return null;
  return text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function keep() {
  chapters.sort((a, b) => a.startTime - b.startTime);
  hidden.value = JSON.stringify({ version: "1.2.0", chapters });
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function field(label, value, change, more = {}) {
  const box = Object.assign(document.createElement("div"), { className: "field" });
  const id = `chapter-field-${++number}`;
  box.append(Object.assign(document.createElement("label"), { textContent: label, htmlFor: id }));
  const input = Object.assign(document.createElement("input"), { id, value, ...more });
  input.addEventListener("change", () => {
    change(input);
    keep();
  });
  // Enter in here must not publish the episode
  input.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), input.blur()));
  box.append(input);
  return box;
}

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: text });
  made.addEventListener("click", act);
  return made;
}

function set(row, name, value) {
  if (value) row[name] = value;
  else delete row[name];
}

function entry(row) {
  const item = document.createElement("li");
  const start = field(words.start, clock(row.startTime), (input) => {
    row.startTime = within(seconds(input.value) ?? row.startTime);
    delete row.endTime;
    show(row);
  }, { inputMode: "numeric", autocomplete: "off" });
  const title = field(words.title, row.title ?? "", (input) => {
    row.title = input.value.trim();
    said_of.get(row)?.();
    name();
  }, { maxLength: 255 });
  const listed = field(words.listed, "", (input) => (input.checked ? delete row.toc : (row.toc = false)), { type: "checkbox", checked: row.toc !== false });
  listed.classList.add("choice");
  listed.prepend(listed.lastChild); // the box before its words
  const more = folded(row, "more", words.more);
  more.append(
    field(words.link, row.url ?? "", (input) => set(row, "url", input.value.trim()), { type: "url", placeholder: "https://" }),
    ...pictured(row),
    listed,
  );
  const acts = Object.assign(document.createElement("p"), { className: "buttons wide" });
  acts.append(
    button(words.listen, () => {
      seek(row.startTime);
      audio?.play();
    }),
    button(words.remove, () => remove(row)),
  );
  // On a phone a chapter is one line until it is opened; elsewhere it stands open.
  const whole = folded(row, "chapter", "");
  const name = () => {
    whole.firstChild.textContent = `${clock(row.startTime)} ${row.title ?? ""}`;
  };
  name();
  whole.open ||= !phone.matches;
  if (row.img && isOurs(row.img)) more.firstChild.append(thumb(row));
  const parts = Object.assign(document.createElement("div"), { className: "chapter-parts" });
  parts.append(start, title, more, acts);
  whole.append(parts);
  item.append(whole);
  return item;
}

// A part that opens, and stays so when the list is made anew.
function folded(row, part, text) {
  const made = Object.assign(document.createElement("details"), { className: part, open: opened[part].has(row) });
  made.append(Object.assign(document.createElement("summary"), { textContent: text }));
  made.addEventListener("toggle", () => opened[part][made.open ? "add" : "delete"](row));
  return made;
}

const isOurs = (picture) => picture.startsWith("shows/");

function thumb(row) {
  const image = new Image(44, 44);
  image.className = "thumb";
  image.alt = "";
  image.src = desk.dataset.covers + row.img.slice("shows/".length);
  return image;
}

// A picture is sent as soon as it is chosen; saving the episode is what uses it.
function pictured(row) {
  const file = field(words.picture, "", () => {}, { type: "file", accept: "image/jpeg,image/png,image/webp" });
  const input = file.querySelector("input");
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    const body = new FormData();
    body.append("file", input.files[0]);
    body.append("csrf_token", form.elements.csrf_token.value);
    const answer = await fetch(desk.dataset.picture, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    said.textContent = answer?.ok ? "" : told?.reason ?? words.failed;
    if (!answer?.ok || !chapters.includes(row)) return;
    row.img = told.img;
    keep();
    fill(row);
  });
  if (!row.img || !isOurs(row.img)) {
    return [file, field(words.address, row.img ?? "", (each) => set(row, "img", each.value.trim()), { type: "url", placeholder: "https://" })];
  }
  return [file, button(words.without, () => {
    delete row.img;
    keep();
    fill(row);
  })];
}

function mark(row, at) {
  const made = document.createElement("span");
  made.tabIndex = 0;
  made.setAttribute("role", "slider");
  made.setAttribute("aria-label", words.mark.replace("{number}", at + 1));
  made.setAttribute("aria-valuemin", 0);
  made.setAttribute("aria-valuemax", Math.round(duration));
  const move = (to) => {
    row.startTime = within(to);
    delete row.endTime;
    put();
  };
  const put = () => {
    made.style.left = `${(100 * row.startTime) / duration}%`;
    made.setAttribute("aria-valuenow", Math.round(row.startTime));
    made.setAttribute("aria-valuetext", `${clock(row.startTime)} ${row.title ?? ""}`);
  };
  const done = () => {
    keep();
    show(row);
  };
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -30, PageUp: 30 };
  made.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(row.startTime + steps[event.key] * (event.shiftKey ? 0.1 : 1));
  });
  made.addEventListener("keyup", (event) => event.key in steps && (keep(), fill(row)));
  made.addEventListener("pointerdown", (event) => made.setPointerCapture(event.pointerId));
  made.addEventListener("pointermove", (event) => {
    if (!made.hasPointerCapture(event.pointerId)) return;
    const box = wave.getBoundingClientRect();
    move((duration * (event.clientX - box.left)) / box.width);
  });
  made.addEventListener("pointerup", done);
  said_of.set(row, put);
  put();
  return made;
}

// The list again, without taking the focus off a mark that is being moved.
function fill(row) {
  const at = chapters.indexOf(row);
  list.children[at]?.replaceWith(entry(row));
}

function show(focus = null, into = "") {
  chapters.sort((a, b) => a.startTime - b.startTime);
  list.replaceChildren(...chapters.map(entry));
  wave.querySelectorAll("[role=slider]").forEach((old) => old.remove());
  wave.append(...chapters.map(mark));
  const at = chapters.indexOf(focus);
  if (at >= 0 && into) {
    list.children[at].firstChild.open = true;
    list.children[at].querySelectorAll("input")[1].focus();
  }
  if (at >= 0 && !into) wave.querySelectorAll("[role=slider]")[at].focus({ preventScroll: true });
}

function remove(row) {
  chapters.splice(chapters.indexOf(row), 1);
  removed = row;
  undo.hidden = false;
  said.textContent = words.removed.replace("{title}", row.title ?? clock(row.startTime));
  keep();
  show();
  undo.focus();
}

function seek(to) {
  const at = within(to);
  head.value = at;
  if (audio && Math.abs(audio.currentTime - at) > 0.3) audio.currentTime = at;
  place.textContent = clock(at);
  line.style.left = `${(100 * at) / duration}%`;
}

undo.addEventListener("click", () => {
  chapters.push(removed);
  undo.hidden = true;
  said.textContent = "";
  keep();
  show(removed, "title");
});
desk.querySelector("[data-act=add]").addEventListener("click", () => {
  const row = { startTime: within(Number(head.value)), title: "" };
  chapters.push(row);
  keep();
  show(row, "title");
});
desk.querySelector("[data-act=play]").addEventListener("click", () => (audio?.paused ? audio.play() : audio?.pause()));
head.addEventListener("input", (event) => {
  event.stopPropagation(); // looking around is no change to save
  seek(Number(head.value));
});
canvas.addEventListener("click", (event) => {
  const box = canvas.getBoundingClientRect();
  seek((duration * (event.clientX - box.left)) / box.width);
});
audio?.addEventListener("timeupdate", () => seek(audio.currentTime));

function draw(peaks) {
  const scale = devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const paint = canvas.getContext("2d");
  paint.fillStyle = getComputedStyle(canvas).color;
  const bars = Math.max(1, Math.floor(canvas.clientWidth / 3));
  const most = Math.max(1, ...peaks);
  for (let at = 0; at < bars; at += 1) {
    const from = Math.floor((at * peaks.length) / bars);
    const to = Math.max(from + 1, Math.floor(((at + 1) * peaks.length) / bars));
    const height = Math.max(2 * scale, (Math.max(...peaks.slice(from, to)) / most) * canvas.height * 0.92);
    paint.fillRect((at * canvas.width) / bars, (canvas.height - height) / 2, 2 * scale, height);
  }
  wave.dataset.drawn = "";
}

async function picture() {
  for (let turn = 0; turn < 30; turn += 1) {
    const answer = await fetch(desk.dataset.peaks).catch(() => null);
    if (answer?.status === 200) {
      const peaks = new Uint8Array(await answer.arrayBuffer());
      draw(peaks);
      new ResizeObserver(() => draw(peaks)).observe(wave);
      return;
    }
    // Not yet, or the line or a host is away. Without a picture the marks and the list work, too.
    if (answer && ![202, 502, 503, 504].includes(answer.status)) return;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

desk.hidden = false;
lines.hidden = true;
show();
phone.addEventListener("change", () => show());
const details = desk.closest("details");
let asked = false;
function begin() {
  if (asked || !details.open) return;
  asked = true;
  picture();
}
details.addEventListener("toggle", begin);
begin();
