// A test call: words and sound to the bot and back, and what it understood.
(() => {
  const root = document.querySelector("[data-try]");
  if (!root) return;
  const { texts, scenes, questions } = JSON.parse(document.getElementById("try-page").textContent);
  const one = (name, parent = root) => parent.querySelector(`[data-${name}]`);
  const start = one("start");
  const list = one("turns");
  const LEAD = 0.15; // seconds of sound in store
  const figure = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

  let socket = null;
  let audio = null;
  let playAt = 0;
  let microphone = null;
  let began = 0;
  let timer = null;
  let last = null; // the caller's turn that reasons belong to
  let end = ""; // why it is over

  const fill = (text, value) => texts[text].replace("%s", value);
  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const status = (text, isBad = false) => {
    one("facts").textContent = text;
    one("facts").classList.toggle("vb-error", isBad);
  };

  // --- The conversation on the page ---------------------------------------------------

  const append = (item) => {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
    list.append(item);
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    return item;
  };

  const bubble = (speaker, text, seconds) => {
    const item = element("li", `vb-turn vb-turn--${speaker}`);
    const box = element("div", "vb-bubble");
    const head = element("span", "vb-bubble__head");
    head.append(element("strong", "", texts[speaker]));
    if (seconds !== undefined) head.append(element("span", "vb-bubble__time", clock(seconds)));
    box.append(head, element("span", "vb-bubble__text", text || "…"));
    item.append(box);
    return item;
  };

  const takeTurn = (turn) => {
    growing();
    const item = append(bubble(turn.speaker, turn.text, turn.started_at));
    const facts = element("p", "vb-turn__facts");
    const add = (text) => facts.append(element("span", "", text));
    if (turn.interrupted) add(texts.interrupted);
    if (turn.speaker === "caller" && turn.confidence !== null && turn.confidence < 1)
      add(fill("heard", percent.format(turn.confidence)));
    if (turn.response_seconds !== null) add(fill("answered", figure.format(turn.response_seconds)));
    if (turn.text_to_speech_seconds !== null) add(fill("spoken", figure.format(turn.text_to_speech_seconds)));
    if (facts.children.length) item.append(facts);
    if (turn.speaker !== "caller") return;
    last = item;
    const findings = /^\[[\d*#]*\]$/.test(turn.text) ? [] : (turn.findings ?? []);
    const [found, others] = [true, false].map((is) => findings.filter(({ tone }) => (tone !== "nothing") === is));
    if (found.length) item.append(reasons(found));
    if (!others.length) return;
    const rest = element("details");
    rest.append(element("summary", "", texts.why), reasons(others));
    item.append(rest);
  };

  const reasons = (findings) => {
    const rows = element("dl", "vb-try__why");
    for (const { about, value, why, tone } of findings) {
      const row = element("div");
      row.dataset.tone = tone;
      const found = element("dd", "", value);
      if (why) found.append(element("small", "", why));
      row.append(element("dt", "", about), found);
      rows.append(row);
    }
    return rows;
  };

  const reason = (title, value) => {
    if (!last) return;
    const line = element("p", "vb-try__made");
    line.append(title);
    if (value !== undefined) line.append(" ", element("strong", "", value));
    last.insertBefore(line, last.querySelector("dl, details"));
    list.scrollTop = list.scrollHeight;
  };

  const takeEvent = (event) => {
    const question = questions[event.question] ?? event.question;
    switch (event.kind) {
      case "turn":
        takeTurn(event);
        break;
      case "understood": {
        if (event.value === null) reason(fill("missed", question));
        else {
          const plain = { true: texts.yes, false: texts.no, "": texts.refused }[String(event.value)];
          reason(fill("understood", question), plain ?? event.value);
        }
        break;
      }
      case "decided":
      case "chosen":
        reason(fill("model", figure.format(event.seconds)), event.value || texts.unknown);
        break;
    }
  };

  const growing = (state) => {
    list.querySelectorAll("[data-growing]").forEach((item) => item.remove());
    for (const [speaker, text] of [
      ["bot", state?.speaking],
      ["caller", state?.hearing],
    ]) {
      if (!text) continue;
      const item = bubble(speaker, text);
      item.dataset.growing = "";
      append(item);
    }
  };

  const takeState = (state) => {
    began = performance.now() / 1000 - state.seconds;
    const facts = [scenes[state.scene] ?? state.scene, state.name, state.company, state.problem];
    status(facts.filter(Boolean).join(" · ") || texts.talking);
    growing(state);
  };

  // --- Sound ----------------------------------------------------------------------------

  const play = (data) => {
    if (!audio) return;
    const pcm = new Int16Array(data);
    const buffer = audio.createBuffer(1, pcm.length, 8000);
    const samples = buffer.getChannelData(0);
    let loudest = 0;
    for (let at = 0; at < pcm.length; at++) {
      samples[at] = pcm[at] / 32768;
      loudest = Math.max(loudest, Math.abs(pcm[at]));
    }
    if (loudest > 500) root.dataset.heard = String(Number(root.dataset.heard ?? 0) + 1);
    const now = audio.currentTime;
    if (playAt < now) playAt = now + LEAD;
    if (playAt > now + 4 * LEAD) {
      if (loudest < 50) return; // catch up in the silences
      if (playAt > now + 2) return;
    }
    const source = audio.createBufferSource();
    source.buffer = buffer;
    source.connect(audio.destination);
    source.start(playAt);
    playAt += buffer.duration;
  };

  const listen = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, channelCount: 1 } });
    await audio.audioWorklet.addModule(root.dataset.worklet);
    const node = new AudioWorkletNode(audio, "microphone", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => socket?.sendSound(data);
    audio.createMediaStreamSource(stream).connect(node);
    return { stop: () => stream.getTracks().forEach((track) => track.stop()) };
  };

  // --- The call ---------------------------------------------------------------------------

  const show = (isTalking) => {
    for (const name of ["clock", "hangup", "say", "keypad"]) one(name).hidden = !isTalking;
    for (const field of start.elements) field.disabled = isTalking;
  };

  const call = async (event) => {
    event.preventDefault();
    const wishes = new FormData(start); // of fields that are about to be disabled
    const isSpoken = wishes.get("way") === "speak";
    end = "";
    last = null;
    show(true);
    one("link").hidden = true;
    list.replaceChildren();
    status(texts.calling);
    audio = new AudioContext();
    playAt = 0;
    if (isSpoken) {
      try {
        microphone = await listen();
      } catch {
        return over("deaf");
      }
    }
    began = performance.now() / 1000;
    timer = setInterval(() => (one("clock").textContent = clock(performance.now() / 1000 - began)), 500);
    socket = window.voicebotSocket(
      root.dataset.socket,
      {
        open: () =>
          socket.send({
            type: "begin",
            phone: wishes.get("phone"),
            ticket: wishes.get("ticket") !== null,
            microphone: isSpoken,
          }),
        message(message) {
          if (message.type === "state") takeState(message.state);
          else if (message.type === "events") message.events.forEach(takeEvent);
          else if (message.type === "refused") end = message.why;
          else if (message.type === "ended") {
            end = "over";
            one("link").href = message.url;
            one("link").hidden = false;
          }
        },
        sound: play,
        closed: (code) => over(end || (code === 4403 ? "closed" : "lost")),
      },
      { reconnects: false },
    );
    if (!isSpoken) one("say").querySelector("input").focus();
  };

  const over = (why) => {
    clearInterval(timer);
    growing();
    microphone?.stop();
    audio?.close();
    socket = audio = microphone = null;
    show(false);
    status(texts[why], why !== "over");
  };

  start.addEventListener("submit", call);
  one("hangup").addEventListener("click", () => socket?.send({ type: "hangup" }));
  one("say").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.querySelector("input");
    if (field.value.trim() && socket?.send({ type: "say", text: field.value })) field.value = "";
  });
  root.querySelectorAll("[data-key]").forEach((button) =>
    button.addEventListener("click", () => socket?.send({ type: "key", key: button.dataset.key })),
  );
  addEventListener("pagehide", () => socket?.send({ type: "hangup" }));
})();
