// The page where a report is followed by its query code. Contract with the HTML (see page.js for the marks):
//
// views    enter (visible at first; #status-form with a fieldset #status-fields disabled, input name=code), case
// parts    enter:   code-told (hidden, role=alert), looking (hidden, role=status)
//          case:    state, state-help, state-on, received-on, clock, reason, where-to-go, outcome (hidden where empty),
//                   binding-wrong, thread (list), thread-empty, message (#message-form: textarea name=message, input name=files,
//                   chosen, file-problem), message-told (role=status), attachments-head, attachments (list)
// acts     refresh, clear (leave and wipe)
// rows     reply > reply-day, reply-text, reply-warning; own > own-text; and chosen, attachment as in report-form.js
// words    attachments-done code-length code-character code-check not-found looking state-<code> state-help-<code> since{day}
//          clock-accept{day} clock-answer{day} clock-late{day} reason-<code> where-<code> outcome-<code>
//          binding-wrong reply-false reply-unreadable own-message{day} own-attachment{day} nothing-to-send message-long{most}
//          message-sent code-inside files-sending trouble trouble-network trouble-answer; and those of files and uploads
import { codeInText, derive, readCode } from "./codes.js";
import { picker } from "./files.js";
import {
  act, chineseDay, fill, hasWords, hostUrl, leave, part, reveal, root, row, say, show, started, troubleWith, words,
} from "./page.js";
import { cleaned } from "./reading.js";
import { binding, openReply, sealMessage } from "./sealing.js";
import { partId, sendPart, uploads } from "./uploads.js";
import { askJson, dayInShanghai, fromBase64, same } from "./wire.js";

const LONGEST_MESSAGE = 20_000;
const MOST_FILES = 20;

const enter = document.getElementById("status-form");
const writing = document.getElementById("message-form");
const files = picker(writing, () => MOST_FILES - attached());

let keys = null; // What the code opens.
let current = null; // The case as the host told it last.
let thread = []; // Its parts, oldest first.
let sending = null; // Attachments on their way.
let draft = null; // {text, id, sealed}: a message that is not known to have arrived.
let busy = false;

const attached = () => thread.filter((one) => one.kind === "attachment").length;
const sentence = (kind, code) => (code && hasWords(`${kind}-${code}`) ? words(`${kind}-${code}`) : "");

async function ask() {
  const parts = [];
  for (;;) {
    const after = parts.length ? parts[parts.length - 1].n : 0;
    const answer = await askJson(hostUrl("follow"), { data: { lookup: keys.lookup, after } });
    if (!answer.found) return null;
    parts.push(...answer.parts);
    if (!answer.more || answer.parts.length === 0) return { ...answer.case, parts };
  }
}

function isOurs(found) {
  try {
    return same(fromBase64(found.binding), binding(keys.binding, found.case_key));
  } catch {
    return false;
  }
}

function clockOf(found) {
  if (!found.due) return "";
  if (found.due < dayInShanghai()) return words("clock-late", { day: chineseDay(found.due) });
  return words(found.state === "received" ? "clock-accept" : "clock-answer", { day: chineseDay(found.due) });
}

async function replyRow(one) {
  const shown = row("reply");
  part("reply-day", shown).textContent = chineseDay(one.day);
  let found = null;
  try {
    found = await openReply(fromBase64(one.sealed), keys.identity, keys.reply);
  } catch {
    // Not even base64: unreadable like anything else that is not sealed to this code.
  }
  part("reply-text", shown).textContent = found ? found.text : words("reply-unreadable");
  say(part("reply-warning", shown), found && !found.genuine ? words("reply-false") : "");
  return shown;
}

function ownRow(one) {
  const shown = row("own");
  part("own-text", shown).textContent = words(`own-${one.kind}`, { day: chineseDay(one.day) });
  return shown;
}

async function draw(found) {
  current = found;
  thread = found.parts;
  say("state", words(`state-${found.state}`));
  say("state-help", sentence("state-help", found.state));
  say("state-on", words("since", { day: chineseDay(found.state_on) }));
  say("received-on", chineseDay(found.received_on));
  say("clock", clockOf(found));
  say("reason", sentence("reason", found.reason));
  say("where-to-go", sentence("where", found.reason));
  say("outcome", sentence("outcome", found.outcome));
  const ours = isOurs(found);
  say("binding-wrong", ours ? "" : words("binding-wrong"));
  reveal("message", ours); // What is written now would be sealed to a stranger's key.
  const rows = await Promise.all(thread.map((one) => (one.kind === "reply" ? replyRow(one) : ownRow(one))));
  fill("thread", rows);
  reveal("thread-empty", rows.length === 0);
}

async function look() {
  if (busy) return;
  busy = true;
  say("code-told");
  say("looking", words("looking"));
  try {
    const found = await ask();
    if (found === null) say("code-told", words("not-found"));
    else {
      await draw(found);
      show("case");
      enter.reset();
    }
  } catch (error) {
    say("code-told", troubleWith(error));
  } finally {
    busy = false;
    say("looking");
  }
}

async function refresh() {
  try {
    const found = await ask();
    if (found) await draw(found);
  } catch (error) {
    say("message-told", troubleWith(error));
  }
}

async function sendMessage(text) {
  // The same text again is the same message: a lost answer does not double it.
  if (draft === null || draft.text !== text) draft = { text, id: partId(), sealed: await sealMessage(current.case_key, text, keys.reply) };
  await sendPart({ lookup: keys.lookup, kind: "message", id: draft.id, sealed: draft.sealed });
  draft = null;
  writing.elements.message.value = "";
}

function sendFiles() {
  const chosen = files.list();
  if (chosen.length === 0) return;
  sending = uploads("attachments", chosen, {
    caseKey: current.case_key, lookup: keys.lookup, first: attached() + 1, done: refresh,
  });
  reveal("attachments-head", true);
  files.clear();
}

function problemOf(text) {
  if (!text && files.list().length === 0 && !files.waiting()) return words("nothing-to-send");
  if ([...text].length > LONGEST_MESSAGE) return words("message-long", { most: LONGEST_MESSAGE });
  if (codeInText(text)) return words("code-inside");
  return sending && sending.pending() ? words("files-sending") : "";
}

async function send() {
  const text = cleaned(writing.elements.message.value, true);
  const problem = problemOf(text);
  say("message-told", problem);
  if (problem || busy) return;
  busy = true;
  try {
    if (!(await files.settled())) return; // The form says which file is refused, and keeps the text.
    if (text) {
      await sendMessage(text);
      say("message-told", words("message-sent"));
      await refresh();
    }
    sendFiles();
  } catch (error) {
    say("message-told", troubleWith(error));
  } finally {
    busy = false;
  }
}

function wipe() {
  if (sending) sending.stop();
  keys = null;
  current = null;
  draft = null;
  thread = [];
  enter.reset();
  writing.reset();
  root.replaceChildren();
}

enter.addEventListener("submit", (event) => {
  event.preventDefault();
  try {
    keys = derive(readCode(enter.elements.code.value));
  } catch (error) {
    say("code-told", words(`code-${error.code || "length"}`)); // Told here: nobody was asked.
    enter.elements.code.focus();
    return;
  }
  look();
});
writing.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
act("refresh", refresh);
act("clear", () => {
  wipe();
  leave();
});
window.addEventListener("beforeunload", (event) => {
  if (!(sending && sending.pending()) && !(current && writing.elements.message.value.trim())) return;
  event.preventDefault();
  event.returnValue = "";
});
window.addEventListener("pagehide", wipe);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
document.getElementById("status-fields").disabled = false;
started();
