// The page around the drivers. The HTML holds every sentence; the scripts put them in place.
//
//   #report                        the root: data-host, data-jurisdiction, data-root-key, data-key-list, data-status, data-leave
//   [data-view="…"]                one of them is shown at a time; its first heading takes the focus
//   [data-part="…"]                where something is put
//   [data-act="…"]                 a button that does something
//   <template data-words="…">      a sentence; {names} in it are replaced
//   <template data-row="…">        one row of a list; parts inside

export const root = document.getElementById("report");
export const settings = { ...root.dataset, host: (root.dataset.host || "").replace(/\/+$/, "") };

/** An address of the report host for this jurisdiction. */
export function hostUrl(name) {
  return `${settings.host}/${settings.jurisdiction}/${name}`;
}

/** The element of a name, a row itself included. */
export function part(name, within = root) {
  const selector = `[data-part="${name}"]`;
  return within.matches(selector) ? within : within.querySelector(selector);
}

function template(kind, key) {
  return root.querySelector(`template[data-${kind}="${key}"]`);
}

/** Whether the page has a sentence of that name. */
export function hasWords(key) {
  return template("words", key) !== null;
}

/** A sentence of the page. */
export function words(key, values = {}) {
  const found = template("words", key);
  const text = found ? found.content.textContent.trim() : "";
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Put text into a part (or an element) and show it; without text it is hidden. */
export function say(where, text = "") {
  const node = typeof where === "string" ? part(where) : where;
  if (!node) return;
  node.textContent = text;
  node.hidden = text === "";
}

/** Show or hide a part (or an element). */
export function reveal(where, visible = true) {
  const node = typeof where === "string" ? part(where) : where;
  if (node) node.hidden = !visible;
}

/** A fresh row of a list. */
export function row(name) {
  return template("row", name).content.firstElementChild.cloneNode(true);
}

/** Give a list exactly these rows, and show it where there are any. */
export function fill(where, rows) {
  const node = typeof where === "string" ? part(where) : where;
  node.replaceChildren(...rows);
  node.hidden = rows.length === 0;
}

/** An element with a text. */
export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const acts = {};
root.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-act]");
  if (pressed && acts[pressed.dataset.act]) {
    event.preventDefault();
    acts[pressed.dataset.act](pressed);
  }
});

/** What a button does. */
export function act(name, handler) {
  acts[name] = handler;
}

/** Put the focus on an element that takes none by itself, and bring it into sight. */
export function focusOn(node) {
  if (!node) return;
  if (!node.hasAttribute("tabindex")) node.tabIndex = -1;
  node.focus();
  node.scrollIntoView({ block: "nearest" });
}

/** Show one view instead of all others. */
export function show(name) {
  let shown = null;
  for (const view of root.querySelectorAll("[data-view]")) {
    view.hidden = view.dataset.view !== name;
    if (!view.hidden) shown = view;
  }
  if (shown) focusOn(shown.querySelector("h1, h2, h3") || shown);
}

/** 2026年12月11日, in one piece. */
export function chineseDay(day) {
  const [year, month, date] = day.split("-").map(Number);
  return `${year}年${month}月${date}日`;
}

/** Seconds, megabytes: a size as people say it. */
export function chineseSize(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** A sentence for what went wrong between here and the host: the host's own, or the page's. */
export function troubleWith(error) {
  if (error.name !== "WireError") return words("trouble");
  if (error.words) return error.words;
  return words(error.code === "network" || error.code === "timeout" ? "trouble-network" : "trouble-answer");
}

/** Forget everything on the page, and go where nothing tells what was here. */
export function leave() {
  root.replaceChildren();
  location.replace(settings.leave || settings.status || "./");
}

/** The driver is there: `late.js` need not say that it is not. */
export function started() {
  root.dataset.started = "";
}
