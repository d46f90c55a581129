// Ties a call's transcript to its recording: a turn jumps there, and the one that sounds is marked.
for (const conversation of document.querySelectorAll("[data-conversation]")) {
  const audio = conversation.querySelector("audio");
  if (!audio) continue;
  const turns = [...conversation.querySelectorAll("[data-from]")].map((element) => ({
    element,
    from: Number(element.dataset.from),
    to: Number(element.dataset.to),
  }));
  let current = null;

  for (const turn of turns) {
    turn.element.querySelector("button").addEventListener("click", () => {
      audio.currentTime = turn.from;
      audio.play();
    });
  }

  audio.addEventListener("timeupdate", () => {
    const now = audio.currentTime;
    // Both may speak at once: the one that began last is the one to follow.
    const next = turns.findLast((turn) => turn.from <= now && now < turn.to) ?? null;
    if (next === current) return;
    current?.element.removeAttribute("aria-current");
    next?.element.setAttribute("aria-current", "true");
    if (next && !audio.paused) next.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
    current = next;
  });
}
