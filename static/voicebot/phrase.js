// Says of the text in the field what it lasts and costs, and which braces the bot could not fill in.
for (const meter of document.querySelectorAll("[data-meter]")) {
  const field = document.querySelector(`[name="${meter.dataset.field}"]`);
  if (!field) continue;
  const language = document.documentElement.lang;
  const part = (name) => meter.querySelector(`[data-meter-${name}]`);
  const offered = meter.dataset.values.split(" ").filter(Boolean);
  const inBraces = (names) => names.map((name) => `{${name}}`).join(", ");
  const decimals = (value, digits) => value.toLocaleString(language, { maximumFractionDigits: digits });

  function problem(text) {
    const rest = text.replace(/\{\{|\}\}/g, "").replace(/\{[\p{L}_][\p{L}\p{N}_]*\}/gu, "");
    if (/[{}]/.test(rest)) return meter.dataset.open;
    const unknown = names(text).filter((name) => !offered.includes(name));
    if (!unknown.length) return "";
    return meter.dataset.unknown
      .replace("{unknown}", inBraces(unknown))
      .replace("{offered}", inBraces(offered) || meter.dataset.none);
  }

  const names = (text) => [...new Set([...text.matchAll(/\{([\p{L}_][\p{L}\p{N}_]*)\}/gu)].map((match) => match[1]))];

  function update() {
    const text = field.value.trim();
    // The company's name is spoken ahead; other values are in each call.
    const ahead = text.replaceAll("{tenant}", meter.dataset.company).replace(/\{[^{}]*\}/g, "");
    part("characters").textContent = ahead.length.toLocaleString(language);
    part("seconds").textContent = decimals(ahead.length / Number(meter.dataset.pace), 1);
    if (part("cost")) {
      const cents = (ahead.length * Number(meter.dataset.thousand)) / 10;
      part("cost").textContent = `${decimals(cents, 2)} ct`;
    }
    part("error").textContent = problem(text);
    part("error").hidden = !part("error").textContent;
    const gone = offered.filter((name) => !names(text).includes(name));
    part("warning").textContent = gone.length ? meter.dataset.leftOut.replace("{values}", inBraces(gone)) : "";
    part("warning").hidden = !gone.length;
  }

  field.addEventListener("input", update);
  update();
}
