// Keeps the operator's page as the nodes are now: each event replaces one part of it. Without it the link does.

const status = document.getElementById("live");
const away = document.getElementById("away");
const pause = document.getElementById("pause");
const parts = document.querySelectorAll("[role=region][id]");
const AGAIN_MS = 10000;
let source = null;
let again = 0;
let paused = false;

function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

function stop() {
  clearTimeout(again);
  source?.close();
  source = null;
}

function start() {
  stop();
  source = new EventSource(status.dataset.live);
  source.addEventListener("open", () => say(status.dataset.on));
  source.addEventListener("error", () => {
    say(status.dataset.lost);
    // Whoever refuses is asked again later; a line that broke is the browser's to mend.
    if (source?.readyState === EventSource.CLOSED) again = setTimeout(start, AGAIN_MS);
  });
  for (const part of parts) source.addEventListener(part.id, (event) => (part.innerHTML = event.data));
  source.addEventListener("away", (event) => {
    away.textContent = event.data;
    // What was seen last may be over: nothing is shown until it can be read again.
    if (event.data) for (const part of parts) part.replaceChildren();
  });
  source.addEventListener("over", (event) => {
    stop();
    pause.hidden = true;
    say("");
    away.textContent = event.data;
    for (const part of parts) part.replaceChildren();
  });
  pause.textContent = pause.dataset.pause;
}

pause.addEventListener("click", () => {
  paused = !paused;
  if (!paused) return start();
  stop();
  say(status.dataset.paused);
  pause.textContent = pause.dataset.resume;
});
pause.hidden = false;
start();
