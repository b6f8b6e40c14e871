// The list below the uploads, as it is now: what was chosen in it stays chosen.
let last = Promise.resolve();

async function fetched() {
  const old = document.querySelector("[data-list]");
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return; // the next one may
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-list]");
  if (!fresh || old.contains(document.activeElement)) return; // not under somebody's hands
  const chosen = new Set([...old.querySelectorAll("input[name=key]:checked")].map((box) => box.value));
  old.replaceWith(fresh);
  for (const box of fresh.querySelectorAll("input[name=key]")) box.checked = chosen.has(box.value);
}

export function refreshList() {
  if (document.querySelector("[data-list]")) last = last.then(fetched);
}
