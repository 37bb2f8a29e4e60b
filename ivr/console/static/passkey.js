// Passkeys: what the server asks goes to the browser, and the browser's answer into the form that is sent.

const root = document.getElementById("passkey");
const said = document.getElementById("passkey-said");
const asking = document.getElementById("passkey-ask");
const answering = document.getElementById("passkey-answer");
const create = root.dataset.does === "create";
const read = create ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";

function say(text) {
  said.textContent = text;
  said.classList.add("fault");
}

async function options() {
  const body = new URLSearchParams(new FormData(asking));
  const answer = await fetch(asking.action, { method: "POST", redirect: "manual", body }).catch(() => null);
  if (answer?.ok) return window.PublicKeyCredential[read](await answer.json());
  const told = answer?.headers.get("content-type") === "application/json" ? (await answer.json()).told : root.dataset.failed;
  say(told);
  return null;
}

async function credential(publicKey) {
  try {
    return await (create ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  } catch (error) {
    say(error.name === "InvalidStateError" ? root.dataset.there : root.dataset.cancelled);
    return null;
  }
}

asking.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = asking.querySelector("button");
  button.disabled = true;
  const publicKey = await options();
  const made = publicKey && (await credential(publicKey));
  button.disabled = false;
  if (!made) return;
  answering.elements.credential.value = JSON.stringify(made);
  if (create) answering.elements.name.value = asking.elements.name.value;
  answering.submit();
});

if (window.PublicKeyCredential?.[read]) asking.hidden = false;
else say(root.dataset.unable);
