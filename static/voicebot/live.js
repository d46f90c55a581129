// The Live page: the calls that go on, one of them open. What changes is written once per frame of the screen.
(() => {
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const { texts, scenes, refusals, call_url: callUrl } = JSON.parse(document.getElementById("live-page").textContent);
  const one = (name, parent = root) => parent.querySelector(`[data-${name}]`);
  const rowTemplate = document.querySelector("template[data-row]");
  const MOST_TURNS = 300;
  const ANSWER_WITHIN = 5000;
  const MOODS = { angry: "sentiment_very_dissatisfied", person: "support_agent", happy: "sentiment_satisfied" };

  const calls = new Map(); // by uuid, in the order of their beginning
  const changed = new Set(); // uuids to write at the next frame
  const asked = new Map(); // what was asked of a call, and is not answered
  let opened = null; // uuid
  let turns = []; // of the opened call
  let drawn = 0; // so many of them are on the page
  let lastNumber = null;
  let isKnown = false; // what calls there are
  let frame = 0;
  let question = 0;

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const secondsOf = (call) => (call.ended ?? performance.now() / 1000) - call.began;
  const nameOf = (call) => call.name || call.phone || texts.withheld;

  // --- What is known ---------------------------------------------------------

  const update = (uuid, facts) => {
    let call = calls.get(uuid);
    if (!call) calls.set(uuid, (call = { uuid, position: 0, began: performance.now() / 1000 }));
    Object.assign(call, facts);
    touch(uuid);
    return call;
  };

  const touch = (uuid) => {
    changed.add(uuid);
    frame ||= requestAnimationFrame(draw);
  };

  const end = (uuid) => {
    const call = calls.get(uuid);
    if (!call || call.ended) return;
    call.ended = performance.now() / 1000;
    touch(uuid);
  };

  const takeCalls = (rows) => {
    const now = performance.now() / 1000;
    const present = new Set(rows.map((row) => row.call));
    for (const uuid of calls.keys()) if (!present.has(uuid)) end(uuid);
    for (const { call: uuid, seconds, position, text, speaker, ...facts } of rows) {
      const known = calls.get(uuid);
      const call = update(uuid, { ...facts, began: now - seconds, ended: undefined });
      if (!known || position >= call.position) Object.assign(call, { position, text, speaker });
      if (uuid === opened && position > lastPosition()) askTurns();
    }
    isKnown = true;
    touch(null);
  };

  const takeEvents = ({ number, events }) => {
    if (lastNumber !== null && number !== lastNumber + 1) socket.send({ type: "calls" });
    lastNumber = number;
    const now = performance.now() / 1000;
    for (const { call: uuid, state, events: things } of events) {
      const { seconds, ...facts } = state;
      const isNew = !calls.has(uuid);
      const call = update(uuid, { ...facts, began: now - seconds });
      for (const thing of things) {
        if (thing.kind === "turn") takeTurn(call, thing);
        if (thing.kind === "unsaid" && uuid === opened) note(texts.unsaid.replace("%s", thing.text), true);
        if (thing.kind === "ended") end(uuid);
      }
      if (isNew && !call.ended) socket.send({ type: "calls" }); // its beginning
    }
  };

  const lastPosition = () => turns.at(-1)?.position ?? 0;

  const takeTurn = (call, turn) => {
    if (turn.position > call.position) Object.assign(call, turn, { uuid: call.uuid, kind: undefined });
    if (call.uuid !== opened) return;
    const last = lastPosition();
    if (turn.position === last + 1) turns.push(turn);
    else if (turn.position > last) askTurns(); // one was missed
  };

  const askTurns = () => socket.send({ type: "turns", call: opened });

  // --- Writing it down ----------------------------------------------------------

  const draw = () => {
    frame = 0;
    const uuids = [...changed];
    changed.clear();
    for (const uuid of uuids) {
      const call = calls.get(uuid);
      if (!call) continue;
      drawRow(call);
      if (uuid === opened) drawCall(call);
      if (call.ended && uuid !== opened) {
        call.row.remove();
        calls.delete(uuid);
      }
    }
    const running = [...calls.values()].filter((call) => !call.ended).length;
    write(one("count"), String(running));
    one("empty").hidden = calls.size > 0 || !isKnown;
  };

  const drawRow = (call) => {
    if (!call.row) {
      call.row = rowTemplate.content.firstElementChild.cloneNode(true);
      call.parts = Object.fromEntries(
        ["name", "mood", "clock", "scene", "words"].map((name) => [name, one(name, call.row)]),
      );
      call.row.firstElementChild.addEventListener("click", () => openCall(call.uuid));
      one("rows").append(call.row);
    }
    const { parts } = call;
    write(parts.name, nameOf(call));
    drawMood(parts.mood, call.mood);
    write(parts.clock, clock(secondsOf(call)));
    write(parts.scene, call.ended ? texts.ended : (scenes[call.scene] ?? call.scene ?? ""));
    const words = call.hearing || call.speaking || call.text || "";
    write(parts.words, words);
    parts.words.dataset.speaker = call.hearing ? "caller" : call.speaking ? "bot" : (call.speaker ?? "");
    const button = call.row.firstElementChild;
    if (call.uuid === opened) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  };

  const drawMood = (element, mood) => {
    if (element.dataset.mood === (mood ?? "")) return;
    element.dataset.mood = mood ?? "";
    element.replaceChildren();
    if (!MOODS[mood]) return;
    const icon = document.createElement("span");
    icon.className = "material-symbols-outlined";
    icon.setAttribute("aria-hidden", "true");
    icon.textContent = MOODS[mood];
    element.append(icon, texts[mood]);
  };

  const drawCall = (call) => {
    const detail = one("open");
    write(one("name", detail), nameOf(call));
    const scene = scenes[call.scene] ?? call.scene;
    const facts = [call.name && call.phone, call.company, call.problem, scene].filter(Boolean);
    write(one("facts", detail), facts.join(" · "));
    drawMood(one("mood", detail), call.mood);
    write(one("clock", detail), clock(secondsOf(call)));
    const list = one("turns");
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    if (drawn === 0) list.replaceChildren();
    list.querySelectorAll("[data-growing]").forEach((element) => element.remove());
    for (const turn of turns.slice(drawn)) list.append(bubble(turn));
    drawn = turns.length;
    while (list.children.length > MOST_TURNS) list.firstElementChild.remove();
    if (!call.ended && call.speaking) list.append(bubble({ speaker: "bot", text: call.speaking, isGrowing: true }));
    if (!call.ended && call.hearing) list.append(bubble({ speaker: "caller", text: call.hearing, isGrowing: true }));
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    const isOver = Boolean(call.ended);
    one("over").hidden = !isOver || !call.id;
    if (call.id) one("link").href = callUrl.replace("/0/", `/${call.id}/`);
    root.querySelectorAll("[data-say], .vb-live__actions").forEach((element) => (element.hidden = isOver));
    if (isOver) {
      note(texts.ended);
      hush();
    }
  };

  const bubble = (turn) => {
    const item = document.createElement("li");
    item.className = `vb-turn vb-turn--${turn.speaker}`;
    if (turn.isGrowing) item.dataset.growing = "";
    const box = document.createElement("div");
    box.className = "vb-bubble";
    const head = document.createElement("span");
    head.className = "vb-bubble__head";
    const who = document.createElement("strong");
    who.textContent = texts[turn.speaker];
    head.append(who);
    if (turn.started_at !== undefined) {
      const time = document.createElement("span");
      time.className = "vb-bubble__time";
      time.textContent = clock(turn.started_at) + (turn.interrupted ? ` · ${texts.interrupted}` : "");
      head.append(time);
    }
    const words = document.createElement("span");
    words.className = "vb-bubble__text";
    words.textContent = turn.text;
    box.append(head, words);
    item.append(box);
    return item;
  };

  setInterval(() => {
    for (const call of calls.values()) {
      if (call.ended || !call.row) continue;
      const text = clock(secondsOf(call));
      write(call.parts.clock, text);
      if (call.uuid === opened) write(one("clock", one("open")), text);
    }
  }, 1000);

  const note = (text, isBad = false) => {
    write(one("note"), text);
    one("note").classList.toggle("vb-error", isBad);
  };

  // --- One call ------------------------------------------------------------------

  const openCall = (uuid) => {
    const before = opened;
    if (before !== uuid) hush();
    opened = uuid;
    turns = [];
    drawn = 0;
    one("none").hidden = Boolean(uuid);
    one("open").hidden = !uuid;
    root.classList.toggle("vb-live--open", Boolean(uuid));
    note("");
    if (before) touch(before);
    if (!uuid) return;
    one("turns").replaceChildren();
    askTurns();
    socket.send({ type: "targets" });
    touch(uuid);
  };

  const ask = (type, details, done) => {
    const id = String(++question);
    if (!opened || !socket.send({ type, id, call: opened, ...details })) return note(refusals.layer, true);
    const patience = setTimeout(() => {
      asked.delete(id);
      note(refusals.silent, true);
    }, ANSWER_WITHIN);
    asked.set(id, { patience, done });
  };

  const takeAnswer = ({ id, done, why }) => {
    const waiting = asked.get(id);
    if (!waiting) return;
    asked.delete(id);
    clearTimeout(waiting.patience);
    if (done) waiting.done();
    else {
      note(refusals[why] ?? refusals.silent, true);
      waiting.failed?.();
    }
  };

  const takeTargets = (targets) => {
    const menu = one("targets");
    if (!menu) return;
    const chosen = menu.value;
    menu.replaceChildren(menu.firstElementChild);
    for (const { extension, name, free } of targets) {
      const option = new Option(free ? name : texts.busy.replace("%s", name), extension);
      option.disabled = !free;
      menu.append(option);
    }
    menu.value = chosen;
    if (menu.selectedIndex < 0) menu.selectedIndex = 0;
  };

  one("back").addEventListener("click", () => openCall(null));
  one("say")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.querySelector("input");
    const text = field.value.trim();
    if (!text) return;
    ask("say", { text }, () => {
      note(texts.queued);
      if (field.value.trim() === text) field.value = "";
    });
  });
  one("transfer")?.addEventListener("submit", (event) => {
    event.preventDefault();
    ask("transfer", { extension: one("targets").value }, () => note(texts.handed));
  });
  one("targets")?.addEventListener("focus", () => socket.send({ type: "targets" }));
  const hangup = one("hangup");
  hangup?.addEventListener("click", () => {
    const label = one("label", hangup);
    if (!hangup.dataset.sure) {
      hangup.dataset.sure = label.textContent;
      label.textContent = texts.sure;
      setTimeout(() => {
        label.textContent = hangup.dataset.sure;
        delete hangup.dataset.sure;
      }, 4000);
      return;
    }
    ask("hangup", {}, () => note(texts.dismissed));
  });

  // --- Listening in ------------------------------------------------------------------

  const MULAW = Float32Array.from({ length: 256 }, (_, code) => {
    const value = ~code & 0xff;
    const magnitude = ((((value & 0x0f) << 3) + 0x84) << ((value >> 4) & 7)) - 0x84;
    return (value & 0x80 ? -magnitude : magnitude) / 32768;
  });
  const listen = one("listen");
  let speaker = null;
  let playAt = 0;

  const hush = () => {
    if (!speaker) return;
    socket.send({ type: "unlisten" });
    speaker.close();
    speaker = null;
    listen.setAttribute("aria-pressed", "false");
  };

  const takeSound = (data) => {
    socket.send({ type: "heard" });
    if (!speaker) return;
    const codes = new Uint8Array(data);
    const buffer = speaker.createBuffer(1, codes.length, 8000);
    const samples = buffer.getChannelData(0);
    for (let at = 0; at < codes.length; at++) samples[at] = MULAW[codes[at]];
    const now = speaker.currentTime;
    if (playAt < now) playAt = now + 0.25; // the first, or too late: wait for a little in advance
    if (playAt > now + 1.5) return; // live is live
    const source = speaker.createBufferSource();
    source.buffer = buffer;
    source.connect(speaker.destination);
    source.start(playAt);
    playAt += buffer.duration;
    root.dataset.heard = String(Number(root.dataset.heard ?? 0) + 1);
  };

  listen?.addEventListener("click", () => {
    if (speaker) return hush();
    speaker = new AudioContext();
    playAt = 0;
    listen.setAttribute("aria-pressed", "true");
    ask("listen", {}, () => {});
    const waiting = asked.get(String(question));
    if (waiting) waiting.failed = hush;
    else hush();
  });

  // --- The wire -----------------------------------------------------------------------

  const status = (state) => {
    const element = one("status");
    element.dataset.state = state;
    write(element, texts[state]);
  };

  status("connecting");
  const socket = window.voicebotSocket(root.dataset.socket, {
    open() {
      lastNumber = null;
      if (opened) {
        turns = [];
        drawn = 0;
        askTurns();
      }
    },
    message(message) {
      switch (message.type) {
        case "calls":
          status(message.layer ? "connected" : "away");
          takeCalls(message.calls);
          break;
        case "events":
          takeEvents(message);
          break;
        case "turns":
          if (message.call !== opened) break;
          turns = message.turns;
          drawn = 0;
          touch(opened);
          break;
        case "targets":
          takeTargets(message.targets);
          break;
        case "answer":
          takeAnswer(message);
          break;
        case "layer":
          status("away");
          break;
      }
    },
    sound: takeSound,
    closed(code, isFinal) {
      hush();
      status(isFinal ? "closed" : "lost");
    },
  });
  addEventListener("pagehide", () => socket.close());
})();
