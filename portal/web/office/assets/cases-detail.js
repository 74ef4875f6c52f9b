// One report on the page: what the server knows of it at once, and, with the key, what it says.
import { getJson } from "./cases-api.js";
import { ask } from "./cases-vault.js";
import { key, keyList } from "./cases-unlock.js";
import { watermark } from "./cases-watermark.js";
import { chineseDay, element, fill, hasWords, part, reveal, root, row, say, settings, words } from "/static/sealing/page.js";

/** What was fetched and opened in this page: id → {report, inside}; emptied by the lock. */
export const known = new Map();

/** A sentence of a closed list, or the code itself. */
export function label(kind, code) {
  return hasWords(`${kind}-${code}`) ? words(`${kind}-${code}`) : code;
}

/** A report fresh from the office, opened where the key does; throws `Refused`. */
export async function fetchCase(id) {
  const report = await getJson(id);
  const found = { report, inside: null };
  known.set(id, found);
  if (key.open && report.body && report.grants) await openCase(found);
  return found;
}

async function openCase(found) {
  const { id, grants, halves, body, case_key: caseKey, reporter_key: reporterKey } = found.report;
  try {
    found.inside = await ask("open", { id, grants, halves, body, caseKey, reporterKey });
  } catch (error) {
    if (error.name === "Locked") throw error;
    found.inside = { opened: false, turnable: false, broken: true };
  }
}

/** Unit, categories and the first words of an opened report. */
export function titleOf(content) {
  const first = content.what.replace(/\s+/g, " ");
  return {
    title: content.unit,
    more: `${content.categories.map((code) => label("category", code)).join("；")}。${[...first].slice(0, 40).join("")}${[...first].length > 40 ? "……" : ""}`,
  };
}

const daysTo = (day) => Math.round((Date.parse(day) - Date.parse(settings.today)) / 86_400_000);

/** A sign with its word and what stands beside it. */
function signed(icon, word, more = "") {
  const made = row(`sign-${icon}`);
  made.querySelector(".sign").append(word);
  say(part("more", made), more);
  return made;
}

function clock(kind, day) {
  const left = daysTo(day);
  const more = words(`clock-${kind}`, { day: chineseDay(day) });
  if (left < 0) return signed("no", words("clock-late", { n: -left }), more);
  if (left <= 3) return signed("late", left ? words("clock-left", { n: left }) : words("clock-now"), more);
  return signed("wait", words("clock-left", { n: left }), more);
}

function clocks(report) {
  const done = ["accepted", "closed"].includes(report.state);
  const why = report.outcome ? label("outcome", report.outcome) : report.reason ? label("reason", report.reason) : "";
  const since = words(why ? "state-why" : "state-since", { day: chineseDay(report.state_on), why });
  const list = [signed(done ? "ok" : report.state === "received" || report.state === "reopened" ? "wait" : "dash", label("state", report.state), since)];
  const open = ["received", "accepted", "reopened"].includes(report.state);
  if (report.state === "received" && report.route_by) list.push(clock("route", report.route_by));
  const decided = ["accepted", "not_accepted", "transferred", "closed"].includes(report.state);
  if (report.told_on) list.push(signed("ok", words("clock-told"), words("clock-told-on", { day: chineseDay(report.told_on) })));
  else if (report.accept_by && (report.state === "received" || (decided && report.real_name))) list.push(clock("accept", report.accept_by));
  if (open && report.state !== "received" && report.close_by) list.push(clock("close", report.close_by));
  if (report.answered_on) list.push(signed("ok", words("clock-answered"), words("clock-answered-on", { day: chineseDay(report.answered_on) })));
  else if (report.state === "closed" && report.answer_by && (report.real_name || report.track === "petition")) list.push(clock("answer", report.answer_by));
  if (report.keep_until) list.push(signed("dash", words("keep"), words("keep-until", { day: chineseDay(report.keep_until) })));
  fill("clocks", list);
}

function linkTo(id) {
  const link = element("a", words("alert-link", { id: id.slice(-4) }));
  link.href = `#${id}`;
  return link;
}

function alerts({ report, inside }) {
  const told = [];
  const add = (name, values) => told.push(element("li", words(`alert-${name}`, values), "doubt"));
  const grave = (name) => told.push(element("li", words(`alert-${name}`), "trouble"));
  if (inside && inside.opened && report.commitment && inside.commitment !== report.commitment) grave("mismatch");
  if (inside && inside.opened && !inside.ownKey) grave("key");
  if (report.sealed_by === "server") add("server");
  if (report.track === "petition") add("petition");
  if (report.route === "superior") add(report.steps.some((one) => one.action === "taken_over") ? "taken-over" : "superior");
  if (report.state === "merged") {
    const item = element("li", words("alert-merged"), "doubt");
    if (report.merged_into) item.append(linkTo(report.merged_into));
    told.push(item);
  }
  if (report.merged.length) {
    const item = element("li", words("alert-holds", { count: report.merged.length }), "doubt");
    for (const id of report.merged) item.append(linkTo(id), " ");
    told.push(item);
  }
  fill("alerts", told);
}

function fact(name, text) {
  const made = row("fact");
  part("name", made).textContent = words(`fact-${name}`);
  part("text", made).textContent = text;
  return made;
}

/** The names of those whom the reporter left out; fetched before anything is shown, so that showing is never half done. */
export async function namesLeftOut({ inside }) {
  if (!inside || !inside.opened || !inside.content.left_out.length) return [];
  let holders = [];
  try {
    ({ holders } = await keyList(inside.content.jurisdiction));
  } catch {
    // Their names are not known then; that they are left out is.
  }
  return inside.content.left_out.map((id) => (holders.find((one) => one.id === id) || { name: words("unknown-holder") }).name);
}

function people(persons) {
  return persons.map((one) => [one.name, one.unit, one.post].filter(Boolean).join("，")).join("\n");
}

function content({ report, inside }, leftOut) {
  const said = inside.content;
  part("what").replaceChildren(...said.what.split(/\n+/).map((text) => element("p", text)));
  const facts = [fact("unit", said.unit)];
  if (said.record) {
    const line = fact("record", "");
    // Where the published record is found: the office knows no address of it, only its index number.
    part("text", line).textContent = [said.record.title, said.record.index_no].filter(Boolean).join("\n");
    facts.push(line);
  }
  if (said.persons.length) facts.push(fact("persons", people(said.persons)));
  facts.push(fact("categories", said.categories.map((code) => label("category", code)).join("\n")));
  for (const name of ["when", "where", "amount", "consequence"]) if (said[name]) facts.push(fact(name, said[name]));
  if (said.known_from) facts.push(fact("known_from", label("known", said.known_from)));
  if (said.reported_before) facts.push(fact("reported_before", said.reported_before));
  if (!said.reporter) facts.push(fact("anonymous", words("anonymous")));
  if (leftOut.length) facts.push(fact("left_out", words("fact-left_out-by", { names: leftOut.join("、") })));
  fill("facts", facts);
  reveal("reporter", Boolean(said.reporter));
  if (report.commitment) say("integrity", inside.commitment === report.commitment ? words("integrity-right") : "");
  else say("integrity", words("integrity-unknown", { value: inside.commitment }));
}

/** The reporter's name and how to reach them; who asks for it has been written down before. */
export function showReporter({ inside }) {
  const named = inside.content.reporter;
  const wanted = ["name", "phone", "id_number", "address"].filter((name) => named[name]);
  fill("reporter-facts", wanted.map((name) => fact(name, named[name])));
  reveal(root.querySelector('[data-act="reporter"]'), false);
}

function shut({ report, inside }) {
  let why = "key";
  let values = {};
  reveal("turn-box", false);
  if (!report.body) why = "erased";
  else if (!key.open) why = report.readable ? "locked" : "unreadable";
  else if (inside && inside.broken) why = "broken";
  else if (report.opening === 2 && report.turned_by && !report.halves) {
    why = "turned";
    values = { until: moment(report.turned_until) };
  } else if (report.opening === 2 && report.halves && inside && inside.turnable) {
    why = "second";
    values = { name: report.turned_by };
  } else if (report.opening === 2 && inside && inside.turnable) {
    why = "first";
    reveal("turn-box", true);
  }
  say("shut-why", words(`shut-${why}`, values));
}

/** A moment in China, to the minute. */
export function moment(instant) {
  const there = new Date(Date.parse(instant) + 8 * 3600_000).toISOString();
  return `${chineseDay(there.slice(0, 10))} ${there.slice(11, 16)}`;
}

// What a step was about: codes of the closed lists, days and yes or no; never a name.
const OF_STEP = {
  refused: "reason", transferred: "reason", closed: "outcome", protected: "protection", clarified: "clarification",
  clarify_asked: "clarification", recused: "recusal",
};

function detailOf({ action, detail }) {
  const { reason, where, outcome, kind, day, until, track, real_name: real, priority } = detail || {};
  const told = [reason, outcome, kind, where].filter(Boolean).map((code) => label(OF_STEP[action], code));
  if (day) told.push(chineseDay(day));
  if (until) told.push(words("step-until", { day: chineseDay(until) }));
  if (action === "set") {
    if (real !== undefined) told.push(words(`step-real-${real === null ? "unknown" : real ? "yes" : "no"}`));
    if (track) told.push(label("track", track));
    if (priority) told.push(words("step-priority"));
  }
  return told.join("；");
}

function record(report) {
  fill("steps", [...report.steps].reverse().map((step) => {
    const made = row("step");
    say(part("detail", made), detailOf(step));
    part("label", made).textContent = step.label;
    // Of a reporter's step only the day is known.
    part("by", made).textContent = words("step-by", { at: step.by ? moment(step.at) : moment(step.at).slice(0, -6), name: step.name });
    return made;
  }));
  const active = report.handlers.map((one) => one.recused
    ? words("handler-recused", { name: one.name, reason: label("recusal", one.recused) }) : one.name);
  fill("handlers", (active.length ? active : [words("handlers-none")]).map((text) => element("li", text)));
}

/** Put a report on the page; what is typed into its forms stays. `leftOut` as of `namesLeftOut`. */
export function showCase(found, leftOut) {
  const { report, inside } = found;
  const opened = Boolean(inside && inside.opened);
  const day = chineseDay(report.received_on);
  part("case-title").textContent = opened ? inside.content.unit
    : words(report.readable === false ? "title-unreadable" : "title-sealed", { day });
  say("case-line", words("line", { day, channel: label("channel", report.channel), sealed: label("sealed", report.sealed_by), id: report.id }));
  clocks(report);
  alerts(found);
  record(report);
  reveal("shut", !opened);
  for (const name of ["content", "talk", "notes", "print"]) reveal(name, opened);
  if (!opened) reveal("files", false); // What went up takes its attachments along.
  const old = part("case").querySelector(".watermark");
  if (old) old.remove();
  if (opened) {
    content(found, leftOut);
    part("case").append(watermark(words("printed-by", { name: settings.name, day: chineseDay(settings.today) })));
  } else shut(found);
}

/** Take what was opened off the page. */
export function clearCase() {
  for (const name of ["what", "facts", "reporter-facts", "talk-list", "note-list", "file-list"]) part(name).replaceChildren();
  part("case-title").textContent = "";
  for (const name of ["content", "talk", "notes", "files", "print", "reporter-facts"]) reveal(name, false);
  reveal(root.querySelector('[data-act="reporter"]'), true);
  for (const form of part("case").querySelectorAll("form")) {
    form.reset();
    say(part("wrong", form));
  }
  const old = part("case").querySelector(".watermark");
  if (old) old.remove();
  for (const name of ["merge-this", "merge-that", "superiors"]) part(name).textContent = "";
}
