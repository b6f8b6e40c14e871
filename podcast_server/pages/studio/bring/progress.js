// Shows how far an import is, without a reload; ends with one when there is something to decide.
const PAUSE = 3000;

async function look() {
  const here = document.querySelector("[data-live]");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const text = answer.ok ? await answer.text() : "";
    const next = new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
    if (next && next.dataset.live === "no") return location.reload();
    if (next && next.innerHTML !== here.innerHTML) here.replaceWith(document.adoptNode(next));
  } catch {
    // The line is down: look again.
  }
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
