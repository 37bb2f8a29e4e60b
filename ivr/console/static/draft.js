// Saves a draft while somebody types: a moment after the last key, and when the page is left. Without it the button does.

const form = document.getElementById("draft");
const saved = document.getElementById("saved");
const AFTER_MS = 1500;
const AGAIN_MS = 10000;
let waiting = 0;
let changed = false;
let saving = false;

function fields() {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "save");
  body.set("quiet", "1");
  return body;
}

function soon(ms) {
  clearTimeout(waiting);
  waiting = setTimeout(save, ms);
}

async function save() {
  if (saving || !changed) return;
  saving = true;
  changed = false;
  const answer = await fetch(form.action, { method: "POST", redirect: "manual", body: fields() }).catch(() => null);
  saving = false;
  if (answer?.ok) {
    const kept = await answer.json();
    form.elements.revision.value = kept.revision;
    say(kept.told, false);
    if (changed) soon(AFTER_MS);
    return;
  }
  changed = true;
  if (answer?.status === 409) {
    // Another page saved it: the person decides, with the button.
    say((await answer.json()).told, true);
    return;
  }
  const ended = answer !== null && (answer.type === "opaqueredirect" || answer.status === 403);
  say(ended ? form.dataset.ended : form.dataset.failed, true);
  soon(ended && (await renew()) ? AFTER_MS : AGAIN_MS);
}

// Whoever signs in again elsewhere goes on here: only the token of the new session is missing.
async function renew() {
  const answer = await fetch(form.dataset.page, { redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("#draft [name=form_token]");
  if (token) for (const mine of document.querySelectorAll("[name=form_token]")) mine.value = token.value;
  return token !== null;
}

function say(text, fault) {
  saved.textContent = text;
  saved.classList.toggle("fault", fault);
}

form.addEventListener("input", () => {
  changed = true;
  soon(AFTER_MS);
});
form.addEventListener("submit", () => {
  clearTimeout(waiting);
  changed = false;
});
addEventListener("pagehide", () => changed && navigator.sendBeacon(form.action, fields()));
