// [data-week]: draws each day as a bar, shows as many spans as are used, copies Monday.
for (const week of document.querySelectorAll("[data-week]")) {
  const days = [...week.querySelectorAll("[data-day]")];
  const inputs = (day) => [...day.querySelectorAll('input[type="time"]')];
  const minutes = (value) => Number(value.slice(0, 2)) * 60 + Number(value.slice(3, 5));

  function spans(day) {
    const times = inputs(day).map((input) => input.value);
    const found = [];
    for (let at = 0; at < times.length; at += 2) {
      if (!times[at] || !times[at + 1]) continue;
      const [opens, closes] = [minutes(times[at]), minutes(times[at + 1])];
      found.push([opens, closes === 0 ? 1440 : closes > opens ? closes : closes + 1440]);
    }
    return found;
  }

  function draw() {
    const always = week.querySelector('[name="when"][value="always"]').checked;
    week.querySelector("[data-week-days]").classList.toggle("vb-week--off", always);
    const all = days.map(spans);
    days.forEach((day, number) => {
      const before = all[(number + 6) % 7].filter(([, closes]) => closes > 1440);
      const parts = [...before.map(([, closes]) => [0, closes - 1440]), ...all[number]];
      const bar = day.querySelector("[data-bar]");
      bar.replaceChildren(
        ...parts.map(([opens, closes]) => {
          const part = document.createElementNS("http://www.w3.org/2000/svg", "rect");
          part.setAttribute("x", opens);
          part.setAttribute("width", Math.min(closes, 1440) - opens);
          part.setAttribute("height", 24);
          return part;
        })
      );
      const hint = day.querySelector("[data-closed]");
      const past = all[number].some(([, closes]) => closes > 1440);
      hint.textContent = past ? hint.dataset.pastMidnight : parts.length ? "" : hint.dataset.closed;
    });
  }

  function hideEmpty(day) {
    const rows = [...day.querySelectorAll("[data-span]")];
    const used = rows.findLastIndex((row) => [...row.querySelectorAll("input")].some((input) => input.value));
    rows.forEach((row, number) => (row.hidden = number > Math.max(used, 0)));
    const more = day.querySelector("[data-more]");
    more.hidden = rows.every((row) => !row.hidden);
  }

  for (const day of days) {
    hideEmpty(day);
    day.querySelector("[data-more]").addEventListener("click", (event) => {
      const next = day.querySelector("[data-span][hidden]");
      if (next) next.hidden = false;
      next?.querySelector("input").focus();
      event.target.hidden = !day.querySelector("[data-span][hidden]");
    });
  }

  const copy = week.querySelector("[data-copy-day]");
  copy.hidden = false;
  copy.addEventListener("click", () => {
    const monday = inputs(days[0]).map((input) => input.value);
    for (const day of days.slice(1, 5)) {
      inputs(day).forEach((input, number) => (input.value = monday[number] ?? ""));
      hideEmpty(day);
    }
    week.querySelector('[name="when"][value="hours"]').checked = true;
    draw();
  });

  week.addEventListener("input", (event) => {
    if (event.target.type === "time" && event.target.value)
      week.querySelector('[name="when"][value="hours"]').checked = true;
    draw();
  });
  draw();
}
