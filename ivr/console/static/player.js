// The player of one recording: lanes, speed, keys; tells the server what was played, and stops when it says so.

import { noteHere } from "./notes.js";
import { timeHere } from "./place.js";
import { waves } from "./waves.js";

const root = document.getElementById("player");
const audio = root.querySelector("audio");
const said = document.getElementById("said");
const speed = document.getElementById("speed");
const keys = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");
const lanes = [...root.querySelectorAll("[data-lane]")];
const TELL_EVERY_MS = 5000;
const MOST_PASSAGES = 400;

// ---- what was played

function report(leaving) {
  const passages = [];
  for (let at = Math.max(0, audio.played.length - MOST_PASSAGES); at < audio.played.length; at += 1) {
    passages.push(`${Math.floor(audio.played.start(at) * 1000)}-${Math.ceil(audio.played.end(at) * 1000)}`);
  }
  const form = new URLSearchParams({ form_token: root.dataset.formToken, played: passages.join(",") });
  if (leaving) form.set("leaving", "1");
  return form;
}

async function tell() {
  const answer = await fetch(root.dataset.listening, { method: "POST", redirect: "manual", body: report(false) }).catch(() => null);
  // A server that is away for a moment is told the next time.
  if (answer === null || answer.ok || answer.status === 503 || answer.status === 429) return;
  stop(answer.status === 410 ? await answer.text() : root.dataset.over);
}

function stop(why) {
  clearInterval(telling);
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  for (const control of root.querySelectorAll("button, select")) control.disabled = true;
  say(root.dataset.stopped.replace("{why}", why));
  said.classList.add("fault");
}

function say(text) {
  said.textContent = text;
}

const telling = setInterval(() => {
  if (!audio.paused) tell();
}, TELL_EVERY_MS);
audio.addEventListener("pause", () => audio.hasAttribute("src") && tell());
audio.addEventListener("error", async () => {
  if (!audio.hasAttribute("src")) return;
  say(root.dataset.failed);
  await tell();
});
addEventListener("pagehide", () => navigator.sendBeacon(root.dataset.listening, report(true)));
addEventListener("pageshow", (event) => event.persisted && location.reload());
tell();

// ---- lanes: the caller left, the agent right; one that is alone is heard on both sides

const muted = [false, false];
let gains = null;

function mix() {
  gains ??= graph();
  for (const from of [0, 1]) {
    for (const to of [0, 1]) {
      gains[from][to].gain.value = !muted[from] && (from === to || muted[1 - from]) ? 1 : 0;
    }
    lanes[from].setAttribute("aria-pressed", String(muted[from]));
  }
}

function graph() {
  const context = new AudioContext();
  audio.addEventListener("play", () => context.resume());
  const split = context.createChannelSplitter(2);
  const merge = context.createChannelMerger(2);
  context.createMediaElementSource(audio).connect(split);
  merge.connect(context.destination);
  return [0, 1].map((from) =>
    [0, 1].map((to) => {
      const gain = context.createGain();
      split.connect(gain, from);
      gain.connect(merge, 0, to);
      return gain;
    }),
  );
}

function mute(lane, off) {
  muted[lane] = off;
  mix();
}

// One after the other: both, without the caller, without the agent, both.
function muteNext() {
  const next = muted[0] ? [false, !muted[1]] : [!muted[1], false];
  next.forEach((off, lane) => mute(lane, off));
  const silent = next.indexOf(true);
  say(silent < 0 ? root.dataset.heard : root.dataset.muted.replace("{lane}", lanes[silent].textContent));
}

lanes.forEach((button, lane) => button.addEventListener("click", () => mute(lane, !muted[lane])));

// ---- speed, remembered in this browser

const remembered = {
  get: (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  set: (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // A browser that keeps nothing plays all the same.
    }
  },
};

function play(at) {
  speed.selectedIndex = Math.min(Math.max(at, 0), speed.options.length - 1);
  audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
  remembered.set("speed", speed.value);
}

speed.addEventListener("change", () => play(speed.selectedIndex));
play(Math.max([...speed.options].findIndex((one) => one.value === (remembered.get("speed") ?? "1")), 0));

function faster(by) {
  play(speed.selectedIndex + by);
  say(root.dataset.speed.replace("{speed}", speed.selectedOptions[0].textContent));
}

// ---- places and keys

function seek(seconds) {
  audio.currentTime = Math.min(Math.max(seconds, 0), audio.duration || 0);
}

// Notes come and go: whatever bears a place is looked for when it is clicked.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-at]");
  if (button) seek(Number(button.dataset.at) / 1000);
});

const next = document.getElementById("next-speech");
const drawing = waves(document.getElementById("waves"), `${root.dataset.listening}/ondes`, audio, seek).then((found) => {
  next.disabled = found === null;
  return found;
});

async function toNextSpeech() {
  const found = await drawing;
  const at = found && found.nextSpeech(audio.currentTime, muted);
  if (at === null) say(root.dataset.noMore);
  else seek(at);
}

next.addEventListener("click", toNextSpeech);

const toggle = () => (audio.paused ? audio.play() : audio.pause());
const step = (by) => () => seek(audio.currentTime + by);
const help = () => (keys.open ? keys.close() : keys.showModal());
const KEYS = {
  " ": toggle,
  k: toggle,
  ArrowLeft: step(-5),
  ArrowRight: step(5),
  j: step(-10),
  l: step(10),
  "[": () => faster(-1),
  "]": () => faster(1),
  n: toNextSpeech,
  m: muteNext,
  r: noteHere,
  t: () => timeHere(audio),
  "?": help,
};

document.getElementById("show-keys").addEventListener("click", help);
keysOn.checked = remembered.get("keys") !== "off";
keysOn.addEventListener("change", () => remembered.set("keys", keysOn.checked ? "on" : "off"));

addEventListener("keydown", (event) => {
  // On a French keyboard the brackets need AltGr, which some systems tell as Ctrl and Alt.
  const modified = event.ctrlKey || event.altKey || event.metaKey;
  if (event.defaultPrevented || (modified && !event.getModifierState("AltGraph"))) return;
  if (!keysOn.checked || !audio.hasAttribute("src")) return;
  const on = event.target instanceof Element ? event.target : document.body;
  // A field for a place takes no letter: there the key that fills it in does so.
  const places = event.key.toLowerCase() === "t" && on.matches("[name^='t.']");
  if (!places && on.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  if (event.key.startsWith("Arrow") && on.matches("[type=radio]")) return;
  if (event.key === " " && on.closest("button, a, summary, input")) return;
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (does === undefined || (keys.open && does !== help)) return;
  event.preventDefault();
  does();
});
