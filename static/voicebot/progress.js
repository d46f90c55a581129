// While phrases are being spoken, [data-progress] asks how far that is and each [data-line] shows it.
for (const place of document.querySelectorAll("[data-progress]")) {
  const EVERY = 1500;
  let patience = 8; // looks before a run that was just asked for has begun

  async function look() {
    if (document.hidden) return void setTimeout(look, EVERY);
    try {
      const response = await fetch(place.dataset.progress);
      if (!response.ok) return; // signed out, say
      const progress = await response.json();
      if (place.innerHTML !== progress.summary) place.innerHTML = progress.summary;
      for (const [key, html] of Object.entries(progress.lines)) {
        const line = document.querySelector(`[data-line="${CSS.escape(key)}"]`);
        if (line && line.dataset.was !== html) {
          line.innerHTML = html;
          line.dataset.was = html;
        }
      }
      patience = progress.running ? 1 : patience - 1;
    } catch {
      patience -= 1; // the network is away for a moment
    }
    if (patience > 0) setTimeout(look, EVERY);
  }

  if ("running" in place.dataset) setTimeout(look, EVERY);
}
