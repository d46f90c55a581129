// A call's recording as a waveform (caller above, bot below), tied to its transcript.
// Without this script, or without the waveform, the browser's own controls are there.
// Keys: space plays, left and right go 5 s (with shift 15 s), up and down go by turns.
const STEP = 5;
const BIG_STEP = 15;
const FOLLOW_AGAIN_MS = 4000; // after somebody scrolled the transcript

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.list = root.querySelector("[data-turns]");
    this.turns = [...root.querySelectorAll("[data-from]")].map((element) => ({
      element,
      from: Number(element.dataset.from),
      to: Number(element.dataset.to),
      isCut: "cut" in element.dataset,
    }));
    this.current = null;
    this.scrolledAt = -FOLLOW_AGAIN_MS;
    for (const turn of this.turns) {
      turn.element.querySelector("button").addEventListener("click", () => this.jump(turn.from));
    }
    for (const kind of ["wheel", "touchmove"]) {
      this.list?.addEventListener(kind, () => (this.scrolledAt = performance.now()), { passive: true });
    }
    this.audio.addEventListener("timeupdate", () => this.follow());
    this.audio.addEventListener("seeked", () => this.follow());
    this.drawWaveform(root.querySelector("[data-waveform]"));
  }

  jump(seconds) {
    this.seek(seconds);
    this.audio.play();
  }

  seek(seconds) {
    this.audio.currentTime = Math.max(0, Math.min(seconds, this.seconds ?? Infinity));
    // Before the recording is there, which is when it is first played, no event tells of it.
    this.follow();
    if (this.seconds) this.show();
  }

  // --- The transcript -------------------------------------------------------

  follow() {
    const now = this.audio.currentTime;
    // Both may speak at once: the one that began last is the one to follow.
    const next = this.turns.findLast((turn) => turn.from <= now && now < turn.to) ?? null;
    if (next === this.current) return;
    this.current?.element.removeAttribute("aria-current");
    next?.element.setAttribute("aria-current", "true");
    if (next && performance.now() - this.scrolledAt > FOLLOW_AGAIN_MS) {
      // Only the transcript moves: the page may be being written in.
      const { offsetTop, offsetHeight } = next.element;
      this.list.scrollTo({ top: offsetTop - (this.list.clientHeight - offsetHeight) / 2, behavior: "smooth" });
    }
    this.current = next;
  }

  neighbour(direction) {
    const now = this.audio.currentTime;
    return direction > 0
      ? this.turns.find((turn) => turn.from > now + 0.1)
      : this.turns.findLast((turn) => turn.from < now - 1);
  }

  // --- The waveform ---------------------------------------------------------

  async drawWaveform(box) {
    const answer = await fetch(box.dataset.waveform).catch(() => null);
    if (!answer?.ok) return;
    this.peaks = await answer.json();
    this.seconds = this.peaks.seconds;
    if (!this.seconds) return;
    const find = (name) => box.querySelector(`[data-${name}]`);
    [this.lanes, this.hover, this.clock, this.button] = ["lanes", "hover", "clock", "play"].map(find);
    this.canvas = this.lanes.querySelector("canvas");
    find("wave").hidden = false;
    this.audio.controls = false;
    this.labels = [this.button.dataset.pause, this.button.getAttribute("aria-label")];
    this.lanes.setAttribute("aria-valuemax", Math.round(this.seconds));
    this.showScenes(find("scenes"));

    this.button.addEventListener("click", () => this.toggle());
    find("speed").addEventListener("change", (event) => (this.audio.playbackRate = Number(event.target.value)));
    this.lanes.addEventListener("pointerdown", (event) => {
      this.lanes.setPointerCapture(event.pointerId);
      this.seek(this.secondsAt(event));
    });
    this.lanes.addEventListener("pointermove", (event) => {
      const seconds = this.secondsAt(event);
      this.hover.hidden = false;
      this.hover.textContent = clock(seconds);
      this.hover.style.left = `${(seconds / this.seconds) * 100}%`;
      if (event.buttons) this.seek(seconds);
    });
    this.lanes.addEventListener("pointerleave", () => (this.hover.hidden = true));
    document.addEventListener("keydown", (event) => this.key(event));
    for (const event of ["play", "pause", "ended", "seeked", "timeupdate"]) {
      this.audio.addEventListener(event, () => this.show());
    }
    new ResizeObserver(() => this.draw()).observe(this.lanes);
    // Light and dark are a class of the page.
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["class"] });
    this.show();
  }

  showScenes(box) {
    for (const scene of this.root.querySelectorAll("[data-scene]")) {
      const mark = document.createElement("span");
      mark.textContent = scene.textContent.trim();
      mark.style.left = `${Math.min(100, (Number(scene.dataset.scene) / this.seconds) * 100)}%`;
      box.append(mark);
    }
  }

  secondsAt(event) {
    const { left, width } = this.lanes.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width)) * this.seconds;
  }

  toggle() {
    if (this.audio.paused) this.audio.play();
    else this.audio.pause();
  }

  show() {
    const now = this.audio.currentTime;
    this.clock.textContent = `${clock(now)} / ${clock(this.seconds)}`;
    this.lanes.setAttribute("aria-valuenow", Math.round(now));
    this.lanes.setAttribute("aria-valuetext", this.clock.textContent);
    this.button.setAttribute("aria-label", this.labels[Number(this.audio.paused)]);
    this.button.firstElementChild.textContent = this.audio.paused ? "play_arrow" : "pause";
    this.draw();
    if (!this.audio.paused && !this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = null;
        this.show();
      });
    }
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.lanes;
    const ratio = devicePixelRatio || 1;
    const style = getComputedStyle(this.lanes);
    const colour = (name) => style.getPropertyValue(name).trim();
    if (this.canvas.width !== width * ratio || this.canvas.height !== height * ratio) {
      [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const played = (this.audio.currentTime / this.seconds) * width;
    const bars = Math.max(1, Math.floor(width / 3));
    for (const [lane, side] of ["caller", "bot"].entries()) {
      const middle = (height * (lane * 2 + 1)) / 4;
      pen.fillStyle = colour(`--vb-${side}`);
      for (let bar = 0; bar < bars; bar++) {
        const values = this.peaks[side];
        const from = Math.floor((bar * values.length) / bars);
        const to = Math.max(from + 1, Math.floor(((bar + 1) * values.length) / bars));
        const peak = Math.max(0, ...values.slice(from, to)) / 100;
        const half = Math.max(0.5, (peak ** 0.7 * height) / 4 - 2);
        pen.globalAlpha = bar * 3 < played ? 1 : 0.45;
        pen.fillRect(bar * 3, middle - half, 2, half * 2);
      }
    }
    pen.globalAlpha = 1;
    pen.fillStyle = colour("--vb-cut");
    for (const turn of this.turns) {
      if (turn.isCut) pen.fillRect((turn.to / this.seconds) * width - 1, height / 2, 2, height / 2);
    }
    pen.fillStyle = colour("--vb-strong");
    pen.fillRect(Math.min(width - 2, played), 0, 2, height);
  }

  // --- Keys -----------------------------------------------------------------

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    const onWave = event.target === this.lanes;
    const isFree = onWave || event.target === document.body || this.root.contains(event.target);
    if (!isFree) return;
    const step = event.shiftKey ? BIG_STEP : STEP;
    if (event.key === " " && !event.target.closest("button, a, summary")) this.toggle();
    else if (event.key === "ArrowLeft") this.seek(this.audio.currentTime - step);
    else if (event.key === "ArrowRight") this.seek(this.audio.currentTime + step);
    else if (onWave && event.key === "ArrowUp") this.seek(this.neighbour(-1)?.from ?? 0);
    else if (onWave && event.key === "ArrowDown") this.seek(this.neighbour(1)?.from ?? this.seconds);
    else if (onWave && event.key === "Home") this.seek(0);
    else if (onWave && event.key === "End") this.seek(this.seconds);
    else return;
    event.preventDefault();
  }
}

for (const conversation of document.querySelectorAll("[data-conversation]")) {
  if (conversation.querySelector("audio")) new Player(conversation);
}
