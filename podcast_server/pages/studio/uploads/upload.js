// One file on its way: parts are sent one after another, each again until it has arrived.
// What has arrived is asked of the server, so nothing is sent twice after a break.
import { pieces } from "./pieces.js";

const REFUSALS = 3; // of the storage in a row, until parts go through the server
const RETRY_MS = [500, 1000, 2000, 5000, 10000];
const SILENCE_MS = 60000; // after so long without a sign of it, a line is dead and tried anew
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// At most so long: a line that is back is used at once.
function pauseOffline(ms) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      done();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
  });
}

// Ends a request over a line that broke without a word, as when a laptop was closed.
function watched(request) {
  let heard = Date.now();
  const note = () => { heard = Date.now(); };
  request.upload.addEventListener("progress", note);
  const timer = setInterval(() => { if (Date.now() - heard > SILENCE_MS) request.abort(); }, 1000);
  return () => clearInterval(timer);
}

export class Refused extends Error {}

export function fingerprint(file) {
  return `${file.name}:${file.size}:${file.lastModified}`.slice(-128);
}

const token = () => document.querySelector("meta[name=csrf-token]").content;

export async function ask(method, url, body) {
  const isForm = body instanceof FormData;
  const answer = await fetch(url, {
    method,
    // Only questions: what is sent may take its time, and so may what the server makes of it.
    signal: method === "GET" ? AbortSignal.timeout(SILENCE_MS) : undefined,
    headers: {
      Accept: "application/json",
      "X-CSRFToken": token(),
      ...(body && !isForm ? { "Content-Type": "application/json" } : {}),
    },
    body: body && !isForm ? JSON.stringify(body) : body,
  });
  if (answer.status >= 500) throw new Error(`status ${answer.status}`);
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.error);
  return told;
}

export class Upload {
  #stopped = null; // a promise while paused, and how to end it
  #request = null;

  constructor(file, base, { onChange, onGlance = () => {}, episode = "" }) {
    this.refusals = 0;
    Object.assign(this, { file, base, episode, onChange, onGlance, sent: 0, state: "sending", speed: 0 });
  }

  get url() {
    return `${this.base}/${this.told.key}`;
  }

  async run() {
    this.told = await this.#keepTrying(() =>
      ask("POST", this.base, {
        name: this.file.name, size: this.file.size, fingerprint: fingerprint(this.file), episode: this.episode,
      }));
    if (this.told.state === "receiving") {
      this.#glance();
      await this.#send();
    }
    this.#say("examining");
    for (let told = this.told; ; await pause(1000)) {
      told = await this.#keepTrying(() => ask("GET", this.url));
      this.told = told;
      this.#say(told.state);
      if (told.state !== "examining") return;
    }
  }

  hold() {
    if (this.#stopped) return;
    let end;
    this.#stopped = { promise: new Promise((done) => { end = done; }), end };
    this.#request?.abort();
    this.#say("paused");
  }

  resume() {
    this.#stopped?.end();
    this.#stopped = null;
    this.#say("sending");
  }

  async giveUp() {
    this.given = true;
    this.#request?.abort();
    if (this.told) await ask("DELETE", this.url);
  }

  // What the file says of itself, long before all of it has arrived. Nothing hangs on it:
  // what is not told now is told by the whole file.
  async #glance() {
    let told = { filled: {} };
    try {
      const form = new FormData();
      for (const [start, end] of await pieces(this.file)) form.append(String(start), this.file.slice(start, end), "piece");
      told = await ask("POST", `${this.url}/glance`, form);
    } catch {
      // a cut line, or a file whose tags cannot be read from its ends
    }
    this.onGlance(this, told.filled, told.seen ?? {});
  }

  async #send() {
    const { part_size: size, parts_there: there } = this.told;
    const arrived = new Set(there);
    const length = (number) => Math.min(size, this.file.size - (number - 1) * size);
    this.sent = there.reduce((sum, number) => sum + length(number), 0);
    for (let number = 1; (number - 1) * size < this.file.size; number += 1) {
      if (arrived.has(number)) continue;
      const part = this.file.slice((number - 1) * size, (number - 1) * size + size);
      await this.#keepTrying(() => this.#put(number, part));
      this.sent += part.size;
      this.#say("sending");
    }
    this.told = await this.#keepTrying(() => ask("POST", `${this.url}/complete`));
  }

  async #put(number, part) {
    const here = `${this.url}/parts/${number}`;
    let { url, ours } = await ask("GET", here);
    if (this.#stopped || this.given) throw new Error("held"); // meanwhile
    // A bucket that lets no browser in looks like a cut line, but our server does answer.
    if (this.refusals >= REFUSALS) [url, ours] = [here, true];
    if (!ours) this.refusals += 1;
    const began = performance.now();
    const request = new XMLHttpRequest(); // fetch tells nothing of what has been sent
    const unwatch = watched(request);
    this.#request = request;
    await new Promise((done, failed) => {
      request.open("PUT", url);
      if (ours) request.setRequestHeader("X-CSRFToken", token());
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => {
        this.speed = event.loaded / Math.max(1, performance.now() - began) * 1000;
        this.#say("sending", event.loaded);
      };
      request.onload = () => {
        if (request.status >= 300) return failed(new Error(`status ${request.status}`));
        if (!ours) this.refusals = 0;
        done();
      };
      request.onerror = request.onabort = () => failed(new Error("line"));
      request.send(part);
    }).finally(unwatch);
  }

  async #keepTrying(act) {
    for (let tries = 0; ; tries += 1) {
      if (this.given) throw new Refused("");
      if (this.#stopped) await this.#stopped.promise;
      try {
        return await act();
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (this.#stopped || this.given) continue;
        this.#say("waiting");
        await pauseOffline(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
      }
    }
  }

  #say(state, more = 0) {
    this.state = state;
    this.onChange(this, Math.min(1, (this.sent + more) / this.file.size));
  }
}
