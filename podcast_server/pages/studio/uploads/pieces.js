// Which pieces of an audio file hold its tags: [start, end] pairs, a few hundred kB together.
// ID3 stands at the head, Ogg and FLAC have theirs there too; MP4 and WAV keep them in boxes
// that may stand behind the sound, so their boxes are walked and the small ones taken.
const HEAD = 512 * 1024;
const OGG_HEAD = 2 * 1024 * 1024; // a cover stands in the middle of the comments
const TAIL = 128 * 1024; // ID3v1, and the last page of an Ogg, which its reader looks for
const MOST = 7 * 1024 * 1024;
const MOST_BOXES = 40;

async function view(file, start, length) {
  return new DataView(await file.slice(start, start + length).arrayBuffer());
}

const name = (data, at) => String.fromCharCode(...new Uint8Array(data.buffer, at, 4));

function id3End(head) {
  if (name(head, 0).slice(0, 3) !== "ID3") return 0;
  const size = [6, 7, 8, 9].reduce((sum, at) => (sum << 7) | (head.getUint8(at) & 0x7f), 0);
  return size + 10;
}

// ISO/IEC 14496-12 §4.2: length and name; 1 means that the length follows in 64 bits.
function atom(head) {
  const short = head.getUint32(0);
  const length = short === 1 && head.byteLength >= 16 ? Number(head.getBigUint64(8)) : short;
  return { length, wanted: name(head, 4) === "moov", head: 16 };
}

// RIFF: name and length, padded to an even number.
function chunk(head) {
  const length = head.getUint32(4, true);
  return { length: 8 + length + (length % 2), wanted: /^(fmt |id3 |LIST)$/i.test(name(head, 0)), head: 8 };
}

// FLAC, RFC 9639 §8.1: the last flag, a type and 24 bits of length; a picture has type 6.
function block(head) {
  const kind = head.getUint8(0);
  return { length: 4 + (head.getUint32(0) & 0xffffff), wanted: (kind & 0x7f) !== 6, last: kind > 0x7f, head: 4 };
}

async function boxes(file, start, read) {
  const found = [];
  for (let at = start; at + 8 <= file.size && found.length < MOST_BOXES; ) {
    const box = read(await view(file, at, 16));
    found.push([at, at + (box.wanted && box.length < MOST ? box.length : box.head)]);
    if (box.length < 4 || box.last) break;
    at += box.length;
  }
  return found;
}

async function found(file) {
  const head = await view(file, 0, 16);
  const end = [[Math.max(0, file.size - TAIL), file.size]];
  if (head.byteLength < 16) return [[0, file.size]];
  if (name(head, 4) === "ftyp") return boxes(file, 0, atom);
  if (/^RIFF|RF64$/.test(name(head, 0))) return [[0, 12], ...(await boxes(file, 12, chunk))];
  if (name(head, 0) === "fLaC") return [[0, 4], ...(await boxes(file, 4, block))];
  if (name(head, 0) === "OggS") return [[0, OGG_HEAD], ...end];
  return [[0, Math.max(HEAD, id3End(head) + TAIL)], ...end];
}

export async function pieces(file) {
  const kept = [];
  let room = MOST;
  for (const [start, stop] of await found(file)) {
    const end = Math.min(stop, file.size, start + room);
    if (end <= start) continue;
    kept.push([start, end]);
    room -= end - start;
  }
  return kept;
}
