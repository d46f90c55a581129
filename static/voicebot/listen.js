// [data-listen] plays in place: a link its own sound, a button a text that is spoken for it
// (data-listen-text, or the field named data-listen-field). One sound at a time.
const player = new Audio();
let playing = null;

function show(control, icon) {
  const symbol = control?.querySelector(".material-symbols-outlined");
  if (symbol) symbol.textContent = icon;
}

function stop() {
  player.pause();
  show(playing, "play_arrow");
  playing = null;
}

function tell(control, message) {
  let place = control.parentElement.querySelector("[data-listen-error]");
  if (!place) {
    place = document.createElement("span");
    place.className = "vb-error";
    place.dataset.listenError = "";
    place.setAttribute("role", "alert");
    control.after(place);
  }
  place.textContent = message;
}

async function spoken(control) {
  const field = control.dataset.listenField;
  const body = new FormData();
  body.set("text", control.dataset.listenText ?? document.querySelector(`[name="${field}"]`).value);
  const language = document.querySelector('form [name="language"]:not([type=hidden])')?.value;
  body.set("language", control.dataset.language || language || "");
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const response = await fetch(control.dataset.listenAt, { method: "POST", body });
  if (response.ok) return URL.createObjectURL(await response.blob());
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.error ?? `${response.status} ${response.statusText}`);
}

player.addEventListener("ended", stop);
document.addEventListener("click", async (event) => {
  const control = event.target.closest("[data-listen]");
  if (!control) return;
  event.preventDefault();
  const again = control === playing;
  stop();
  if (again) return;
  playing = control;
  tell(control, "");
  try {
    show(control, "progress_activity");
    const source = control.href ?? (await spoken(control));
    if (playing !== control) return; // another one was pressed meanwhile
    if (player.src.startsWith("blob:")) URL.revokeObjectURL(player.src);
    player.src = source;
    show(control, "stop");
    await player.play();
  } catch (error) {
    if (error.name !== "AbortError") tell(control, error.message);
    if (playing === control) stop();
  }
});
