// Notes at moments of a recording: written while it plays, without loading the page again, which would end the listening.

import { placed } from "./place.js";

const audio = document.querySelector("#player audio");

// Stops at the moment that is noted, and waits for the words.
export function noteHere() {
  const text = document.getElementById("note-text");
  if (!text) return;
  audio.pause();
  document.getElementById("note-at").value = placed(audio.currentTime);
  text.focus();
}

async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  body.set("quiet", "1");
  const answer = await fetch(form.action, { method: "POST", redirect: "manual", body }).catch(() => null);
  if (answer === null || !(answer.ok || answer.status === 422)) {
    form.submit();
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("notes").replaceWith(document.adoptNode(page.getElementById("notes")));
  // The picture shows the marks of now.
  audio.dispatchEvent(new Event("seeked"));
  document.getElementById(answer.ok ? "note-at" : "note-text")?.focus();
}

document.addEventListener("submit", (event) => {
  if (!event.target.closest("#notes")) return;
  event.preventDefault();
  send(event.target);
});
// Whoever begins to write without the key means the moment that plays.
document.addEventListener("focusin", (event) => {
  const at = document.getElementById("note-at");
  if (event.target.id === "note-text" && !at.value) at.value = placed(audio.currentTime);
});
