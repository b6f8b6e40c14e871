// Making a passkey, and signing in with one. Without support for it the buttons stay hidden.
const supported = typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

function post(url, body) {
  const token = document.querySelector("meta[name=csrf-token]").content;
  return fetch(url, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body ?? {}),
  });
}

async function ceremony(button, act) {
  const said = button.parentElement.querySelector("[data-said]");
  said.textContent = "";
  try {
    const options = await (await post(`${button.dataset.url}/begin`)).json();
    const credential = await act(options);
    const answer = await post(button.dataset.url, credential.toJSON());
    if (answer.ok) location.assign(button.dataset.next);
    else said.textContent = (await answer.json()).error;
  } catch (error) {
    if (error.name !== "NotAllowedError") said.textContent = button.dataset.failed; // that one is "cancelled"
  }
}

const acts = {
  make: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  enter: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

for (const button of document.querySelectorAll("button[data-passkey]")) {
  button.closest("[data-passkeys]").hidden = !supported;
  button.addEventListener("click", () => ceremony(button, acts[button.dataset.passkey]));
}
