// The page where a report is written, sealed and sent. Contract with the HTML (see page.js for the marks):
//
// views    form (with #report-form), review, sending, receipt; `form` is visible at first, the others hidden
// parts    form:    preparing (hidden: late.js shows it), failed > failed-why (hidden), problems > problem-list (hidden, the summary),
//                   record > record-text (hidden), real-name (hidden: the fields of who gives a name), persons, holders (list),
//                   chosen (list), file-problem
//          review:  summary (dl), who > openers, left-out > left-out-list, route, opening; mentioned > mentioned-list;
//                   no-recipient, review-told
//          sending: step, progress (a <progress max=1>), send-failed > send-failed-why
//          receipt: code, qr, copied (input), copied-told, received-on, accept-by, receipt-wrong, earlier-arrived, receipt-text
//                   (textarea readonly), proof-text (likewise), proof-download (a), attachments-head, attachments (list),
//                   saved (checkbox), leave-told
// acts     retry, add-person, drop-record, wipe (form); back, send (review); cancel, send-again, back (sending); print, finish
// rows     summary > summary-name, summary-text; holder > input[name=concerned], holder-name; mentioned > holder-name and two
//          radio inputs with the values concerned, other; chosen > file-name, file-note, file-remove (button);
//          attachment > attachment-name, progress, attachment-state (role=status), attachment-retry (button)
//          <template id="person-row">: one row; `{n}` in its attributes becomes the number of the row
// fields   named as in the brief of the page; each stands in [data-field=name][data-title=short name]
// words    failed-script (late.js, which the page loads too) failed-host failed-static failed-list failed-expired failed-older failed-trial
//          need-real-name need-name need-phone need-unit need-person-name need-category need-what short-what{least,now}
//          need-truth too-long{label,most,now} code-inside{label} file-cleaned{size} file-as-is{size} file-too-big{name,size,most}
//          file-empty{name} file-broken{name} file-uncleanable{name} file-unreadable{name} file-too-many{most} file-remove{name}
//          title-record title-unit title-persons title-categories title-when title-where title-what title-consequence
//          title-amount title-known_from title-reported_before title-reporter title-files anonymous
//          holder{name,post} holder-without-post{name} route-own{name} route-superior{name} opening-1 opening-2
//          no-recipient{name} route-changed step-sealing step-work step-sending trouble trouble-network trouble-answer too-much
//          cancelled attachment{number,name} upload-waiting upload-sealing upload-sending upload-done upload-failed{why} attachments-done
//          qr-label copied-right copied-other copied-short copied-wrong accept-by{day} accept-by-unknown receipt-wrong
//          earlier-arrived proof-name leave-unsaved leave-sending leave-failed
import { Delivery, RouteChanged } from "./delivery.js";
import { picker } from "./files.js";
import { act, leave, part, reveal, root, say, show, started, troubleWith, words } from "./page.js";
import { clearProblems, showProblems } from "./problems.js";
import { problemsOf, readContent, tickedHolders } from "./reading.js";
import { prepare } from "./ready.js";
import { receipt } from "./receipt.js";
import { notReady, offerHolders, review } from "./review.js";

const form = document.getElementById("report-form");
const fields = document.getElementById("report-fields");
const MOST_PERSONS = 20;
const LONGEST = 200;

let ready = null; // {list, limits}: nothing can be typed without.
let checked = null; // {content, ticked, route, agreed}: what is being looked at before it is sent.
let stopper = null; // Stops the work; null once the report is on its way.
let done = null; // The receipt.
const delivery = new Delivery();
const files = picker(form, () => (ready && ready.limits.attachments) || 5);

async function getReady() {
  reveal("failed", false);
  reveal("preparing", true);
  try {
    ready = await prepare();
    offerHolders(ready.list);
    fields.disabled = false;
  } catch (error) {
    ready = null;
    say("failed-why", notReady(error.code || "trial"));
    reveal("failed", true);
  }
  reveal("preparing", false);
}

// What the page was opened for comes in the window's name (about-this.js), which no server and no history is told.
function handedOn() {
  const found = window.name.startsWith("report:") ? window.name.slice("report:".length) : "{}";
  window.name = "";
  try {
    return JSON.parse(found) || {};
  } catch {
    return {};
  }
}

function takeRecord() {
  const asked = handedOn();
  const of = (name) => String(asked[name] || "").slice(0, LONGEST);
  if (of("item")) {
    form.elements.record_index.value = of("item");
    form.elements.record_title.value = of("title");
    say("record-text", of("title") || of("item"));
    reveal("record", true);
  }
  if (of("unit") && !form.elements.unit.value) form.elements.unit.value = of("unit").slice(0, 100);
}

function showRealName() {
  const [chosen] = [...form.querySelectorAll('[name="real_name"]')].filter((one) => one.checked);
  reveal("real-name", Boolean(chosen) && chosen.value === "yes");
}

function addPerson() {
  const rows = form.querySelectorAll('[name="person_name"]').length;
  if (rows >= MOST_PERSONS) return;
  const added = document.getElementById("person-row").content.firstElementChild.cloneNode(true);
  for (const node of [added, ...added.querySelectorAll("*")]) {
    for (const { name, value } of [...node.attributes]) node.setAttribute(name, value.replace("{n}", rows + 1));
  }
  for (const node of added.querySelectorAll("*")) {
    for (const text of node.childNodes) if (text.nodeType === 3) text.data = text.data.replace("{n}", rows + 1);
  }
  part("persons").append(added);
  added.querySelector('[name="person_name"]').focus();
}

async function check() {
  clearProblems(form);
  const problems = problemsOf(form);
  if (problems.length > 0) showProblems(form, problems);
  // What is looked over has every file that was chosen; where one is refused just then, the form says which.
  else if (await files.settled()) look();
  else form.elements.files.focus();
}

function look() {
  const content = readContent(form, files.list().length);
  const ticked = tickedHolders(form);
  const send = root.querySelector('[data-act="send"]');
  const seen = review(ready.list, {
    form, content, ticked, files: files.list(), changed: (can) => { send.disabled = !can; },
  });
  checked = { content, route: seen.route };
  show("review");
  // The browser's own way back leads to the form, not away from what was written.
  if (history.state !== "review") history.pushState("review", "");
}

function progressed(step) {
  say("step", words(`step-${step}`));
  const bar = part("progress");
  if (step === "work") bar.value = 0;
  else bar.removeAttribute("value");
  reveal(root.querySelector('[data-view="sending"] [data-act="cancel"]'), step !== "sending");
  if (step === "sending") stopper = null;
}

function failed(sentence) {
  reveal("progress", false);
  say("step");
  reveal(root.querySelector('[data-act="cancel"]'), false);
  say("send-failed-why", sentence);
  reveal("send-failed", true);
}

function backToReview(sentence) {
  show("review");
  say("review-told", sentence);
}

async function send(route) {
  reveal("send-failed", false);
  reveal("progress", true);
  say("review-told");
  show("sending");
  stopper = new AbortController();
  try {
    const filed = await delivery.send(ready.list, {
      content: checked.content,
      agreed: route,
      route: checked.route,
      step: progressed,
      progress: (share) => { part("progress").value = share; },
      signal: stopper.signal,
    });
    const sent = files.list();
    form.reset();
    form.remove(); // What was typed is in the sealed report now, and no longer on the page.
    checked = null;
    part("summary").replaceChildren();
    done = receipt({ code: delivery.code, filed, files: sent });
  } catch (error) {
    stuck(error);
  } finally {
    stopper = null;
  }
}

function stuck(error) {
  if (error instanceof RouteChanged) {
    ready.list = error.list;
    look();
    backToReview(words("route-changed"));
  } else if (error.name === "AbortError" || error.code === "cancelled") backToReview(words("cancelled"));
  else if (error.name === "NotReady") failed(notReady(error.code));
  else if (error.name === "TooLong") failed(words("too-much"));
  else failed(troubleWith(error));
}

function wipe() {
  done = null;
  checked = null;
  files.clear();
  form.reset();
  root.replaceChildren();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (ready !== null) check();
});
form.addEventListener("change", (event) => {
  if (event.target.name === "real_name") showRealName();
});
act("retry", getReady);
act("add-person", addPerson);
act("drop-record", () => {
  form.elements.record_index.value = "";
  form.elements.record_title.value = "";
  reveal("record", false);
});
act("wipe", () => {
  wipe();
  leave();
});
function back() {
  delivery.reopen();
  show("form");
}

act("back", back);
act("send", () => {
  checked.agreed = checked.route();
  send(checked.agreed);
});
act("send-again", () => send(checked.agreed));
act("cancel", () => {
  if (stopper) stopper.abort();
});

window.addEventListener("beforeunload", (event) => {
  const underway = delivery.sent && done === null;
  if (!underway && (done === null || done.saved())) return;
  event.preventDefault();
  event.returnValue = "";
});
window.addEventListener("popstate", () => {
  if (checked && !root.querySelector('[data-view="review"]').hidden) back();
});
// Going back to this page must not bring back what was on it.
window.addEventListener("pagehide", wipe);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

takeRecord();
showRealName();
getReady();
started();
