// Both lanes over time, from peaks: a byte for each tenth of a second. Marks stand over them; a click seeks.

const SPOKEN = 25; // Of 255: some 40 dB below full scale.
const PAUSE_MS = 1000;
const LETTERS_PX = 18;
const GAP_PX = 6;

// Fetches the peaks and draws them into `frame`; returns what `nextSpeech` and `draw` need, or null when there are none.
export async function waves(frame, url, audio, seek) {
  const answer = await fetch(url, { redirect: "manual" }).catch(() => null);
  if (answer === null || answer.status !== 200) return null;
  const { step_ms: step, lanes } = await answer.json();
  const peaks = lanes.map((lane) => Uint8Array.from(atob(lane), (one) => one.charCodeAt(0)));
  if (peaks.length !== 2) return null;
  const read = (holder) => JSON.parse(holder?.dataset.marks ?? "[]");
  const marks = () => [...read(frame), ...read(document.getElementById("notes"))];
  const canvas = frame.querySelector("canvas");
  frame.hidden = false;
  const draw = () => drawn(canvas, peaks, marks(), step, audio);
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  for (const told of ["timeupdate", "seeked", "durationchange"]) audio.addEventListener(told, draw);
  canvas.addEventListener("click", (event) => seek((event.offsetX / canvas.clientWidth) * length(peaks, step)));
  return { nextSpeech: (from, muted) => nextSpeech(peaks, step, from, muted) };
}

function length(peaks, step) {
  return (peaks[0].length * step) / 1000;
}

// Where somebody who is not muted begins to speak after a pause, behind `from`, in seconds; null when nobody does.
function nextSpeech(peaks, step, from, muted) {
  const heard = peaks.filter((_, lane) => !muted[lane]);
  const pause = PAUSE_MS / step;
  let silent = pause;
  for (let at = 0; at < peaks[0].length; at += 1) {
    if (!heard.some((lane) => lane[at] > SPOKEN)) {
      silent += 1;
      continue;
    }
    if (silent >= pause && (at * step) / 1000 > from + 0.5) return (at * step) / 1000;
    silent = 0;
  }
  return null;
}

function drawn(canvas, peaks, marks, step, audio) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const color = (name) => style.getPropertyValue(name).trim();
  const tall = (height - LETTERS_PX - GAP_PX) / 2;
  const top = (lane) => LETTERS_PX + lane * (tall + GAP_PX);
  const count = peaks[0].length;
  const x = (ms) => (ms / step / Math.max(count, 1)) * width;

  for (const { start_ms: start, end_ms: end, lane } of marks) {
    if (end <= start) continue;
    pen.fillStyle = color("--line");
    pen.globalAlpha = 0.35;
    for (const one of lane === null ? [0, 1] : [lane]) pen.fillRect(x(start), top(one), Math.max(x(end) - x(start), 2), tall);
    pen.globalAlpha = 1;
  }
  pen.fillStyle = color("--accent");
  peaks.forEach((lane, number) => {
    for (let column = 0; column < width; column += 2) {
      const from = Math.floor((column / width) * count);
      const to = Math.max(from + 1, Math.floor(((column + 2) / width) * count));
      let loudest = 0;
      for (let at = from; at < Math.min(to, count); at += 1) loudest = Math.max(loudest, lane[at]);
      const high = Math.max((loudest / 255) * tall, 1);
      pen.fillRect(column, top(number) + (tall - high) / 2, 1.5, high);
    }
  });
  pen.font = `600 ${LETTERS_PX - 5}px system-ui, sans-serif`;
  pen.textBaseline = "top";
  pen.fillStyle = color("--ink");
  for (const { start_ms: start, letter } of marks) {
    pen.fillRect(x(start), 0, 1, height);
    const wide = pen.measureText(letter).width;
    pen.fillText(letter, Math.min(x(start) + 3, width - wide), 2);
  }
  pen.fillStyle = color("--fault");
  pen.fillRect(x(audio.currentTime * 1000) - 1, 0, 2, height);
}
