// Other channels: what came by letter, telephone, visit or 12388 is sealed here like a reporter's own report.
import { Refused, postJson } from "./cases-api.js";
import { newCode } from "/static/sealing/codes.js";
import { verifyList } from "/static/sealing/keylist.js";
import { act, chineseDay, part, reveal, root, say, settings, show, words } from "/static/sealing/page.js";
import { clearProblems, showProblems } from "/static/sealing/problems.js";
import { problemsOf, readContent, tickedHolders } from "/static/sealing/reading.js";
import { offerHolders, review } from "/static/sealing/review.js";
import { sealReport } from "/static/sealing/sealing.js";
import { showCode } from "/static/sealing/shown-code.js";
import { dayInShanghai, toBase64 } from "/static/sealing/wire.js";

const MOST_PERSONS = 20;
const form = document.getElementById("report-form");
let list = null;
let checked = null; // {content, route}
let sealed = null; // {code, message}: sent again as it is until the office has answered.

async function getReady() {
  try {
    const answer = await fetch(settings.list, { credentials: "same-origin", cache: "no-store" });
    const raw = await answer.text();
    const pinned = settings.rootKey || JSON.parse(raw).key;
    list = verifyList(raw, pinned, { jurisdiction: settings.jurisdiction, today: dayInShanghai() });
    offerHolders(list);
    for (const [at, box] of [...part("holders").children].entries()) {
      box.querySelector("input").id = `holder-${at}`;
      box.querySelector("label").htmlFor = `holder-${at}`;
    }
    part("fields").disabled = false;
  } catch {
    say("not-ready", words("not-ready"));
  }
}

const channel = () => form.elements.channel.value;
const channelName = () => [...form.elements.channel].find((one) => one.checked).labels[0].textContent.trim();

function addPerson() {
  const rows = form.querySelectorAll('[name="person_name"]').length;
  if (rows >= MOST_PERSONS) return;
  const made = document.getElementById("person-row").content.firstElementChild.cloneNode(true);
  for (const node of [made, ...made.querySelectorAll("*")]) {
    for (const { name, value } of [...node.attributes]) node.setAttribute(name, value.replace("{n}", rows + 1));
  }
  part("persons").append(made);
  made.querySelector("input").focus();
}

function notMe() {
  const own = list.holders.find((one) => one.name === settings.name);
  let out = false;
  try {
    out = !own || !checked.route().openers.some((one) => one.id === own.id);
  } catch {
    // Nobody opens: that is said already.
  }
  reveal("not-me", out);
}

function look() {
  clearProblems(form);
  const problems = problemsOf(form);
  if (problems.length) {
    showProblems(form, problems);
    return;
  }
  const content = { ...readContent(form, 0), channel: channel() };
  checked = { content, route: null };
  const send = root.querySelector('[data-act="send"]');
  checked.route = review(list, {
    form, content, ticked: tickedHolders(form), files: [], changed: (can) => { send.disabled = !can; },
  }).route;
  sealed = null;
  say("send-told");
  notMe();
  show("review");
}

async function seal() {
  const route = checked.route();
  const code = newCode();
  const content = { ...checked.content, left_out: route.leftOut, route: route.kind };
  const parts = await sealReport(list, content, { day: dayInShanghai(), code, route });
  const bytes = ["grants", "body", "routing", "binding", "commitment"];
  const message = {
    jurisdiction: settings.jurisdiction, channel: content.channel, serial: list.serial, lookup: parts.lookup,
    case_key: parts.caseKey, reporter_key: parts.reporterKey,
    ...Object.fromEntries(bytes.map((name) => [name, toBase64(parts[name])])),
  };
  return { code, message };
}

async function send(button) {
  button.disabled = true;
  say("send-told");
  reveal("sending", true);
  try {
    sealed = sealed || (await seal());
    slip(await postJson("new", sealed.message));
  } catch (error) {
    const told = error instanceof Refused ? error.message : words(error.name === "TooLong" ? "too-much" : "trouble");
    say("send-told", told);
  }
  button.disabled = false;
  reveal("sending", false);
}

function slip(answer) {
  const { code } = sealed;
  const day = chineseDay(answer.day);
  const by = channelName();
  showCode(code);
  say("slip-lead", words("slip-lead", { channel: by, day }));
  say("slip-open", answer.id ? words("slip-open-own", { id: answer.id.slice(-4) }) : words("slip-open-none"));
  say("slip-day", words("slip-day", { channel: by, day }));
  say("accept-by", answer.accept_by ? words("accept-by", { day: chineseDay(answer.accept_by) }) : "");
  say("receipt", answer.receipt || words("receipt-none"));
  // What was typed is in the sealed report now, and no longer on the page.
  form.reset();
  form.remove();
  part("summary").replaceChildren();
  checked = null;
  sealed = null;
  show("slip");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (list) look();
});
form.addEventListener("change", ({ target }) => {
  if (target.name === "real_name") reveal("real-name", form.elements.real_name.value === "yes");
});
part("mentioned").addEventListener("change", () => {
  sealed = null;
  notMe();
});
act("add-person", addPerson);
act("edit", () => show("form"));
act("send", send);
act("print", () => window.print());
window.addEventListener("pagehide", () => root.replaceChildren());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
getReady();
