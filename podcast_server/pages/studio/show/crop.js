// Draws the chosen picture with a square that can be moved; the server cuts it out.
const box = document.querySelector(".cropper");
const form = box.closest("form");
const input = form.querySelector("input[type=file]");
const canvas = box.querySelector("canvas");
const paint = canvas.getContext("2d");
const fields = Object.fromEntries(["left", "top", "side"].map((name) => [name, form.elements[name]]));
let picture = null;
let square = null; // in pixels of the picture

function show() {
  const scale = canvas.width / picture.width;
  paint.drawImage(picture, 0, 0, canvas.width, canvas.height);
  paint.fillStyle = "rgb(0 0 0 / 55%)";
  paint.beginPath();
  paint.rect(0, 0, canvas.width, canvas.height);
  paint.rect(square.left * scale, square.top * scale, square.side * scale, square.side * scale);
  paint.fill("evenodd");
  fields.left.value = square.left / picture.width;
  fields.top.value = square.top / picture.height;
  fields.side.value = square.side / picture.width;
}

function move(left, top, side = square.side) {
  const most = Math.min(picture.width, picture.height);
  square.side = Math.min(most, Math.max(Math.min(1400, most), side));
  square.left = Math.min(picture.width - square.side, Math.max(0, left));
  square.top = Math.min(picture.height - square.side, Math.max(0, top));
  show();
}

input.addEventListener("change", async () => {
  box.hidden = true;
  for (const field of Object.values(fields)) field.value = "";
  picture = await createImageBitmap(input.files[0]).catch(() => null);
  if (!picture || picture.width === picture.height) return; // nothing to choose; the server says what is wrong
  const side = Math.min(picture.width, picture.height);
  square = { left: (picture.width - side) / 2, top: (picture.height - side) / 2, side };
  canvas.width = 640;
  canvas.height = Math.round((640 * picture.height) / picture.width);
  box.hidden = false;
  show();
});

let held = null;
canvas.addEventListener("pointerdown", (event) => {
  held = { x: event.clientX, y: event.clientY, left: square.left, top: square.top };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!held) return;
  const scale = picture.width / canvas.getBoundingClientRect().width;
  move(held.left + (event.clientX - held.x) * scale, held.top + (event.clientY - held.y) * scale);
});
canvas.addEventListener("pointerup", () => {
  held = null;
});
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
canvas.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const way = picture.width / 50;
  if (step) move(square.left + step[0] * way, square.top + step[1] * way);
  else if (event.key === "+") move(square.left, square.top, square.side + way);
  else if (event.key === "-") move(square.left, square.top, square.side - way);
  else return;
  event.preventDefault();
});
