// The inbox: one page, list and report by turns. The report's id stands behind the # of the address and nowhere else.
import { postJson } from "./cases-api.js";
import { acting, clearActs, showActs } from "./cases-acts.js";
import { clearCase, fetchCase, known, showCase, showReporter } from "./cases-detail.js";
import { closeTitles, openTitles, picking, refreshList, sealedRows, showTitle } from "./cases-list.js";
import { ask } from "./cases-vault.js";
import { key, lock, when } from "./cases-unlock.js";
import { sealNote, showTalk, writing } from "./cases-talk.js";
import { act, focusOn, part, reveal, root, say, words } from "/static/sealing/page.js";

const ID = /^#([0-9a-z]{26})$/i;
let shown = null; // The case on the page.
let sealed = sealedRows();
let turnOf = 0; // Quick clicks: only the last one is shown.
let scroll = 0;

const views = (name) => {
  for (const one of root.querySelectorAll("[data-view]")) one.hidden = one.dataset.view !== name;
};

function wrong(sentence, control) {
  say("flash");
  say("trouble", sentence);
  part("trouble").scrollIntoView({ block: "nearest" });
  if (control) control.focus();
}

function flash(sentence) {
  say("trouble");
  say("flash", sentence);
  part("flash").scrollIntoView({ block: "nearest" });
}

async function load(id) {
  turnOf += 1;
  const mine = turnOf;
  const found = await fetchCase(id);
  if (mine !== turnOf) return false;
  shown = found;
  await showCase(found);
  showActs(found);
  if (found.inside && found.inside.opened) await showTalk(found);
  showTitle(id);
  return true;
}

async function openAddress() {
  const [, id] = ID.exec(location.hash) || [];
  say("trouble");
  if (!id) return closed();
  if (shown === null) scroll = window.scrollY;
  if (!shown || shown.report.id !== id) {
    clearCase();
    clearActs();
  }
  try {
    if (!(await load(id))) return undefined;
    views("case");
    focusOn(part("case-title"));
    window.scrollTo(0, 0);
  } catch (error) {
    closed();
    if (error.name !== "Locked") wrong(error.message);
    if (error.status === 401) lock();
  }
  return undefined;
}

function closed() {
  const was = shown && shown.report.id;
  shown = null;
  turnOf += 1;
  clearCase();
  clearActs();
  views("list");
  window.scrollTo(0, scroll);
  const link = was && document.getElementById(`title-${was}`);
  if (link) link.focus({ preventScroll: true });
}

async function reloaded() {
  const [fresh] = await Promise.all([refreshList(), load(shown.report.id)]);
  if (fresh) sealed = fresh;
}

async function done(answer, sentence) {
  if (answer.visible) {
    await reloaded();
    flash(sentence);
    return;
  }
  known.delete(answer.id);
  location.hash = "";
  closed();
  sealed = (await refreshList()) || sealed;
  flash(`${sentence}${words("gone")}`);
}

async function turned() {
  const { id, grants } = shown.report;
  try {
    await postJson(`${id}/turn`, { halves: await ask("turn", { grants }) });
    await load(id);
    flash(words("turned"));
  } catch (error) {
    wrong(error.message);
  }
}

// Written down first: nobody sees the name without a trace.
async function reporter() {
  try {
    const note = await sealNote(shown.report, words("note-reporter"), { seen: "reporter" });
    const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    await postJson(`${shown.report.id}/note`, { token, sealed: note });
    showReporter(shown);
    focusOn(part("reporter-facts"));
  } catch (error) {
    wrong(error.message);
  }
}

act("turn", turned);
act("reporter", reporter);
act("back", () => {
  history.pushState(null, "", location.pathname + location.search);
  say("flash");
  closed();
});
act("print", () => window.print());
window.addEventListener("beforeprint", () => {
  if (shown && shown.inside && shown.inside.opened) postJson(`${shown.report.id}/printed`, {}, { keepalive: true }).catch(() => {});
});
acting({ current: () => shown, done, conflict: reloaded, wrong });
writing({
  current: () => shown,
  done: async (sentence) => {
    await reloaded();
    flash(sentence);
  },
  wrong,
});
picking({
  changed: async () => {
    sealed = (await refreshList()) || sealed;
  },
});
when("unlocked", async () => {
  say("flash");
  say("trouble");
  if (shown) await openAddress();
  openTitles();
});
when("locked", () => {
  known.clear();
  clearCase();
  clearActs();
  closeTitles(sealed);
  say("flash");
  if (shown) {
    shown = null;
    openAddress();
  }
});
window.addEventListener("hashchange", openAddress);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
if (location.hash) openAddress();
reveal("unlocked", key.open);
