// Keys of the ticket queue and of a ticket's page; "?" shows them (templates/admin/tickets/ticket/keys.html).
// The queue leaves its tickets in the session of the tab, so that j and k lead from ticket to ticket.
const STORED = "voicebot-queue";
const busy = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented ||
  document.querySelector("dialog[open]") !== null ||
  event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], .select2-container") !== null;

document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.getElementById("vb-keys");
  const help = () => dialog?.showModal();
  for (const button of document.querySelectorAll("[data-keys]")) button.addEventListener("click", help);
  const page = document.querySelector("[data-ticket]");
  const press = page ? keysOfTicket(page) : document.querySelector("[data-queue]") ? keysOfQueue() : null;
  if (!press) return;
  document.addEventListener("keydown", (event) => {
    if (busy(event)) return;
    if (event.key === "?") help();
    else if (!press(event.key, event)) return;
    event.preventDefault();
  });
});

function keysOfQueue() {
  const rows = [...document.querySelectorAll("#result_list tr.data-row")];
  const links = rows.map((row) => row.querySelector("a"));
  const { at: last, index } = stored();
  let at = links.findIndex((link) => link.href === last);
  if (at < 0 && last) at = Math.min(index, links.length - 1); // it left the tab: the next one is in its place
  store({ queue: location.href, links: links.map((link) => link.href) });
  const mark = () => {
    rows.forEach((row, index) => row.toggleAttribute("data-at", index === at));
    rows[at]?.scrollIntoView({ block: "nearest" });
    links[at]?.focus({ preventScroll: true });
  };
  if (at >= 0) mark();

  // An action on the selected rows; on the one that is marked where none is selected.
  const act = (action) => {
    const select = document.querySelector("#changelist-form select[name=action]");
    const box = rows[at]?.querySelector("input.action-select");
    if (!select || (!document.querySelector("input.action-select:checked") && !box)) return;
    if (!document.querySelector("input.action-select:checked")) box.checked = true;
    select.value = action;
    store({ at: links[at]?.href, index: at });
    document.getElementById("changelist-form").submit();
  };
  const isResolved = () => rows[at]?.querySelector("[data-status=resolved]") !== null;

  return (key) => {
    if (key === "j") at = Math.min(rows.length - 1, at + 1);
    else if (key === "k") at = Math.max(0, at - 1);
    else if (key === "x") rows[at]?.querySelector("input.action-select")?.click();
    else if (key === "o") go(links[at]); // as Enter does: the link has the focus
    else if (key === "c") go(links[at], "#vb-comment");
    else if (key === "a") act("assign_to_me");
    else if (key === "r") act(isResolved() ? "reopen" : "resolve");
    else if (key === "p") act("wait");
    else return false;
    if (key === "j" || key === "k") mark();
    return true;
  };
}

function keysOfTicket(page) {
  const { queue = page.dataset.queueUrl, links = [] } = stored();
  const at = links.findIndex((link) => new URL(link).pathname === location.pathname);
  const comment = document.getElementById("vb-comment");
  if (location.hash === "#vb-comment") comment?.focus();
  comment?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") comment.blur();
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    comment.form.requestSubmit();
  });
  keepComment(comment, page);
  for (const form of document.querySelectorAll("[data-act], [data-comment]")) {
    form.addEventListener("submit", () => {
      // Once is enough; afterwards, so that the pressed button is still sent.
      setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
    });
  }

  return (key) => {
    const button = document.querySelector(`[data-act] [data-key="${key}"]`);
    if (button) button.click();
    else if (key === "c") comment?.focus();
    else if (key === "j" && links[at + 1] && at >= 0) location.assign(links[at + 1]);
    else if (key === "k" && at > 0) location.assign(links[at - 1]);
    else if (key === "u") location.assign(queue);
    else return false;
    return true;
  };
}

// What is being written goes along when the ticket is saved; whoever leaves otherwise is asked. It is there again
// after a session that ended meanwhile, for the same person, until it stands among the comments.
function keepComment(comment, page) {
  if (!comment) return;
  const draft = `voicebot-comment-${page.dataset.user}-${page.dataset.ticket}`;
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  const written = sessionStorage.getItem(draft) ?? "";
  const comments = [...page.querySelectorAll(".vb-comments__text")];
  if (comments.some((one) => plain(one.innerText) === plain(written))) sessionStorage.removeItem(draft);
  else if (!comment.value) comment.value = written;
  comment.addEventListener("input", () => sessionStorage.setItem(draft, comment.value));
  const ticket = document.getElementById("ticket_form");
  let isSent = false;
  for (const form of [ticket, comment.form]) form?.addEventListener("submit", () => (isSent = true));
  ticket?.addEventListener("formdata", ({ formData }) => formData.set("comment", comment.value));
  addEventListener("beforeunload", (event) => {
    if (comment.value.trim() && !isSent) event.preventDefault();
  });
  addEventListener("pageshow", () => (isSent = false)); // the page may come back
}

const store = (values) => sessionStorage.setItem(STORED, JSON.stringify(values));

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
}

function go(link, hash = "") {
  if (link) location.assign(link.href + hash);
}
