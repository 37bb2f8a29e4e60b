// The moment that the player is at, for who writes one down: in the form of a grid, the place of an answer.

// As people read it: 2:05, 1:02:05.
export function placed(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function fill(field, audio) {
  field.value = placed(audio.currentTime);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

let question = null;

// The question that somebody is at, or was at last.
export function timeHere(audio) {
  const field = question?.querySelector("[name^='t.']");
  if (field) fill(field, audio);
}

document.addEventListener("focusin", (event) => {
  question = event.target.closest("#draft fieldset") ?? question;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-here]");
  if (button) fill(document.getElementById(button.dataset.here), document.querySelector("#player audio"));
});
