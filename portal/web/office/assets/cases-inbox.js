// The inbox: one page, list and report by turns. The report's id stands behind the # of the address and nowhere else.
import { newToken, postJson, troubleOf } from "./cases-api.js";
import { acting, clearActs, showActs } from "./cases-acts.js";
import { clearCase, fetchCase, known, namesLeftOut, showCase, showReporter } from "./cases-detail.js";
import { closeTitles, openTitles, picking, refreshList, sealedRows, showTitle } from "./cases-list.js";
import { ask } from "./cases-vault.js";
import { key, lock, when } from "./cases-unlock.js";
import { sealNote, showTalk, textsOf, writing } from "./cases-talk.js";
import { act, focusOn, part, reveal, root, say, words } from "/static/sealing/page.js";

const ID = /^#([0-9a-z]{26})$/i;
let shown = null; // The case on the page.
let sealed = sealedRows();
let turnOf = 0; // Quick clicks: only the last one is shown.
let scroll = 0;

const views = (name) => {
  for (const one of root.querySelectorAll("[data-view]")) one.hidden = one.dataset.view !== name;
};

function wrong(sentence) {
  say("flash");
  say("trouble", sentence);
  part("trouble").scrollIntoView({ block: "nearest" });
}

function flash(sentence) {
  say("trouble");
  say("flash", sentence);
  part("flash").scrollIntoView({ block: "nearest" });
}

// After each wait it is asked whether the page still wants this report: what came late of another one, or was on its way when
// the lock fell, must not stand on it.
async function load(id) {
  turnOf += 1;
  const mine = turnOf;
  try {
    const found = await fetchCase(id);
    const leftOut = await namesLeftOut(found);
    if (mine !== turnOf) return false;
    shown = found;
    showCase(found, leftOut);
    showActs(found);
    if (found.inside && found.inside.opened) {
      const texts = await textsOf(found.report);
      if (mine !== turnOf) return false;
      showTalk(found, texts);
    }
    showTitle(id);
    return true;
  } catch (error) {
    if (mine !== turnOf) return false;
    throw error;
  }
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
    history.replaceState(null, "", location.pathname + location.search); // Else the same link would do nothing.
    closed();
    if (error.name !== "Locked") wrong(troubleOf(error));
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
  const [fresh] = await Promise.all([refreshList(), shown && load(shown.report.id)]);
  if (fresh) sealed = fresh;
}

// What was done is done, whether or not the page can show it yet.
async function toldAfter(sentence) {
  try {
    await reloaded();
    flash(sentence);
  } catch {
    flash(`${sentence}${words("not-fresh")}`);
  }
}

async function done(answer, sentence) {
  if (answer.visible) {
    await toldAfter(sentence);
    return;
  }
  known.delete(answer.id);
  location.hash = "";
  closed();
  sealed = (await refreshList()) || sealed;
  flash(`${sentence}${words("gone")}`);
}

const still = (id) => shown !== null && shown.report.id === id;

async function turned(button) {
  const { id, grants } = shown.report;
  button.disabled = true;
  try {
    await postJson(`${id}/turn`, { halves: await ask("turn", { grants }) });
    if (still(id) && (await load(id))) flash(words("turned"));
  } catch (error) {
    wrong(troubleOf(error));
  }
  button.disabled = false;
}

// Written down first: nobody sees the name without a trace. Whoever has gone on to another report sees none.
async function reporter(button) {
  const { report } = shown;
  button.disabled = true;
  try {
    const note = await sealNote(report, words("note-reporter"), { seen: "reporter" });
    await postJson(`${report.id}/note`, { token: newToken(), sealed: note });
    if (still(report.id) && shown.inside && shown.inside.opened) {
      showReporter(shown);
      focusOn(part("reporter-facts"));
    }
  } catch (error) {
    wrong(troubleOf(error));
  }
  button.disabled = false;
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
writing({ current: () => shown, done: toldAfter });
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
  turnOf += 1; // What is on its way must not arrive.
  known.clear();
  clearCase();
  clearActs();
  closeTitles(sealed);
  say("flash");
  if (ID.test(location.hash)) {
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
