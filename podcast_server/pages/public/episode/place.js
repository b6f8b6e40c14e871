// Where a listener is in an episode: kept in this browser, or on their account.

export function inBrowser(name) {
  function keep(seconds) {
    try {
      localStorage.setItem(name, String(Math.floor(seconds)));
    } catch {
      // storage is switched off or full: the place is not kept
    }
  }
  return {
    every: 5,
    keep,
    end: () => keep(0),
    recall() {
      try {
        return Number(localStorage.getItem(name)) || 0;
      } catch {
        return 0; // storage is switched off: nothing is remembered
      }
    },
  };
}

export function onAccount(audio) {
  const token = document.querySelector("meta[name=csrf-token]").content;
  let last = Number(audio.dataset.start);
  function keep(seconds) {
    if (Math.floor(seconds) === last) return;
    last = Math.floor(seconds);
    fetch(audio.dataset.save, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ seconds: String(last) }),
      keepalive: true, // also when the page is being left
    }).catch(() => {}); // the network is away: the next place is kept instead
  }
  return { every: 15, keep, end: keep, recall: () => 0 };
}
