// What can be done with the open report: which forms are shown, what they send, and what is told afterwards.
import { Refused, postJson, troubleOf } from "./cases-api.js";
import { ask } from "./cases-vault.js";
import { keyList, listTrouble } from "./cases-unlock.js";
import { known, label, titleOf } from "./cases-detail.js";
import { nameOf } from "./cases-list.js";
import { sealNote } from "./cases-talk.js";
import { element, part, reveal, root, say, settings, words } from "/static/sealing/page.js";
import { keyOf } from "/static/sealing/keylist.js";
import { dayInShanghai } from "/static/sealing/wire.js";

const BY_STATE = {
  accept: "accepted", refuse: "not_accepted", transfer: "transferred", route_up: "routed_up", merge: "merged", close: "closed",
  reopen: "reopened",
};
const MERGEABLE = ["merged", "routed_up", "transferred"];

/** Which acts the state, the role and what was done already leave open. */
export function possible(report) {
  const { state, may } = report;
  const acts = Object.keys(BY_STATE).filter((name) => report.next.includes(BY_STATE[name]));
  if (state === "merged" && report.next.includes("received")) acts.push("unmerge");
  if (state === "routed_up") return [];
  if (may.handle) {
    if (!report.told_on && state !== "received" && state !== "merged") acts.push("told");
    if (["closed", "transferred"].includes(state)) acts.push("answered");
    if (["closed", "not_accepted"].includes(state)) acts.push("objection");
    if (state === "closed" && !["true", "partly"].includes(report.outcome)) acts.push("clarify");
    if (may.lead && report.track === "petition" && ["accepted", "reopened"].includes(state)) acts.push("extend");
    acts.push("set", "protect");
  }
  if (may.lead) acts.push("assign");
  acts.push("recuse");
  return acts;
}

const formOf = (name) => part("acts").querySelector(`form[data-action="${name}"]`);

function options(select, pairs, blank = false) {
  const kept = select.value;
  const made = pairs.map(([value, text]) => new Option(text, value));
  select.replaceChildren(...(blank ? [select.options[0]] : []), ...made);
  if ([...select.options].some((one) => one.value === kept)) select.value = kept;
}

function colleagues(report) {
  const box = part("colleagues");
  const chosen = new Set([...box.querySelectorAll("input:checked")].map((one) => one.value));
  const now = new Set(report.handlers.filter((one) => !one.recused).map((one) => String(one.account_id)));
  const touched = box.dataset.of === report.id && box.dataset.touched;
  box.dataset.of = report.id;
  box.replaceChildren(...report.colleagues.map(({ account_id: number, name }) => {
    const line = element("div", "", "tick");
    const input = document.createElement("input");
    Object.assign(input, { type: "checkbox", name: "account_ids", value: String(number), id: `assign-${number}` });
    input.checked = touched ? chosen.has(input.value) : now.has(input.value);
    const caption = element("label", name);
    caption.htmlFor = input.id;
    line.append(input, caption);
    return line;
  }));
  const whoMay = report.may.lead ? report.colleagues : report.colleagues.filter((one) => String(one.account_id) === settings.account);
  options(formOf("recuse").elements.account_id, whoMay.map((one) => [
    String(one.account_id), String(one.account_id) === settings.account ? words("me", { name: one.name }) : one.name]));
}

// The state is asked for its own sake: what the form shows is how things are, until somebody changes it.
function present(report) {
  const form = formOf("set");
  if (form.dataset.of === `${report.id} ${report.version}`) return;
  if (!form.dataset.touched) {
    const real = report.real_name === null ? "unknown" : report.real_name ? "yes" : "no";
    for (const one of form.elements.real_name) one.checked = one.value === real;
    form.elements.track.value = report.track;
    form.elements.priority.checked = report.priority;
  }
  form.dataset.of = `${report.id} ${report.version}`;
}

function textOf(id) {
  const found = known.get(id);
  if (!found || !found.inside || !found.inside.opened) return "";
  const { title, more } = titleOf(found.inside.content);
  return `${title}：${more}`;
}

function targets(report) {
  const rows = [...part("rows").querySelectorAll("tr[data-id]")];
  const open = rows.filter((one) => one.dataset.id !== report.id && !MERGEABLE.includes(one.dataset.state));
  options(formOf("merge").elements.into, open.map((one) => [one.dataset.id, nameOf(one)]), true);
}

function pair(id, into) {
  reveal("merge-pair", Boolean(into));
  part("merge-this").textContent = textOf(id) || words("row-sealed");
  part("merge-that").textContent = textOf(into) || words("row-sealed");
}

async function above(found) {
  const { content } = found.inside;
  const list = await keyList(content.jurisdiction);
  const day = dayInShanghai();
  return { list, day, holders: list.holders.filter((one) => one.rank === "superior" && keyOf(one, day)) };
}

async function superiors(found) {
  if (!found.inside || !found.inside.opened) return say("superiors", words("superiors-locked"));
  try {
    const { holders } = await above(found);
    return say("superiors", holders.length ? words("superiors", { names: holders.map((one) => one.name).join("、") }) : words("superiors-none"));
  } catch (error) {
    return say("superiors", listTrouble(error));
  }
}

/** Show the forms for a report. What is typed in them stays. */
export function showActs(found) {
  const { report } = found;
  const open = possible(report);
  for (const box of part("acts").querySelectorAll("details.act")) box.hidden = !open.includes(box.dataset.action);
  say("acts-none", report.state === "routed_up" ? words("acts-gone") : report.may.handle ? "" : words("acts-none"));
  colleagues(report);
  present(report);
  targets(report);
  for (const name of ["told", "answered"]) {
    const { day } = formOf(name).elements;
    Object.assign(day, { min: report.received_on, max: settings.today });
    if (!day.value) day.value = settings.today;
  }
  superiors(found);
}

/** Empty all forms: another report is shown. */
export function clearActs() {
  for (const form of part("acts").querySelectorAll("form")) {
    form.reset();
    delete form.dataset.touched;
    delete form.dataset.of;
    say(part("wrong", form));
  }
  delete part("colleagues").dataset.touched;
  options(formOf("merge").elements.into, [], true); // The others' first words stand in them.
  for (const box of part("acts").querySelectorAll("details")) box.open = false;
  reveal("approval", false);
  reveal("merge-pair", false);
}

class Missing extends Refused {
  constructor(name, control) {
    super(words(`need-${name}`));
    this.control = control;
  }
}

const chosen = (form, name) => {
  const control = form.elements[name];
  const value = control.value;
  if (!value) throw new Missing(name, control instanceof RadioNodeList ? control[0] : control);
  return value;
};

const GIVEN = {
  refuse: (form) => ({ reason: chosen(form, "reason"), where: form.elements.where.value || null }),
  transfer(form) {
    const where = chosen(form, "where");
    chosen(form, "note");
    return { where };
  },
  assign(form) {
    const ids = [...form.querySelectorAll('[name="account_ids"]:checked')].map((one) => Number(one.value));
    if (!ids.length) throw new Missing("who", form.querySelector("input"));
    return { account_ids: ids };
  },
  close(form) {
    const outcome = chosen(form, "outcome");
    if (outcome !== "false_accusation") return { outcome };
    if (!form.elements.approval_no.value.trim()) throw new Missing("approval", form.elements.approval_no);
    if (!form.elements.note.value.trim()) throw new Missing("false-note", form.elements.note);
    return { outcome, approval_no: true }; // The number itself is sealed with the note.
  },
  told: (form) => ({ day: chosen(form, "day") }),
  answered: (form) => ({ day: chosen(form, "day") }),
  objection: (form) => ({ new_evidence: form.elements.new_evidence.checked }),
  reopen: (form) => ({ new_evidence: form.elements.new_evidence.checked }),
  merge: (form) => ({ into: chosen(form, "into") }),
  set(form) {
    const real = { yes: true, no: false, unknown: null }[form.elements.real_name.value];
    return { real_name: real, track: chosen(form, "track"), priority: form.elements.priority.checked };
  },
  protect: (form) => ({ kind: chosen(form, "kind") }),
  clarify: (form) => ({ kind: chosen(form, "kind") }),
  recuse: (form) => ({ account_id: Number(chosen(form, "account_id")), reason: chosen(form, "reason") }),
};

async function routedUp(form, found) {
  if (!found.inside || !found.inside.opened) throw new Missing("open", form.querySelector("button"));
  if (!form.elements.sure.checked) throw new Missing("sure", form.elements.sure);
  let target;
  try {
    target = await above(found);
  } catch (error) {
    throw new Refused(listTrouble(error));
  }
  const { list, day, holders } = target;
  if (!holders.length) throw new Refused(words("superiors-none"));
  const ids = holders.map((one) => one.id);
  const sealed = await ask("rewrap", { id: found.report.id, list, holders: ids, kind: "superior", day, least: found.report.opening });
  return { sealed: { ...sealed, serial: list.serial } };
}

async function given(name, form, found) {
  const asked = name === "route_up" ? await routedUp(form, found) : (GIVEN[name] || (() => ({})))(form);
  const note = form.elements.note ? form.elements.note.value.trim() : "";
  const fields = {};
  if (asked.approval_no) fields.approval_no = form.elements.approval_no.value.trim();
  if (note && !(found.inside && found.inside.opened)) throw new Missing("open", form.elements.note);
  if (note) asked.note = await sealNote(found.report, note, fields);
  return asked;
}

/** Let the forms be sent. `current()` is the case on the page; `done(answer, sentence)` and `conflict()` reload it; `wrong` tells. */
export function acting({ current, done, conflict, wrong }) {
  // A colleague's act may have closed this form: then it is told above, and what was typed stays in sight.
  function overtaken(form, text, error) {
    const box = form.closest("details");
    if (!box.hidden) return "";
    const note = part("note").elements.text;
    const kept = Boolean(text) && !part("note").hidden && !note.value.trim();
    if (kept) note.value = text;
    const values = { error, state: label("state", current().report.state), act: box.querySelector("summary").textContent };
    return words(kept ? "conflict-kept" : "conflict-closed", values);
  }

  async function conflicted(form, error) {
    const text = form.elements.note ? form.elements.note.value.trim() : "";
    try {
      await conflict();
    } catch (trouble) {
      return say(part("wrong", form), `${error.message}${troubleOf(trouble)}`);
    }
    const sentence = current() ? overtaken(form, text, error.message) : error.message;
    return sentence ? wrong(sentence) : say(part("wrong", form), words("conflict", { error: error.message }));
  }

  part("acts").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const name = form.dataset.action;
    const found = current();
    const button = form.querySelector("button");
    say(part("wrong", form));
    say("flash");
    button.disabled = true;
    try {
      const asked = await given(name, form, found);
      const answer = await postJson(`${found.report.id}/act`, { action: name, version: found.report.version, ...asked });
      form.reset();
      delete form.dataset.touched;
      form.closest("details").open = false;
      await done(answer, words(`done-${name}`));
    } catch (error) {
      if (error.status === 409) await conflicted(form, error);
      else say(part("wrong", form), troubleOf(error));
      if (error.control) error.control.focus();
    }
    button.disabled = false;
  });
  part("acts").addEventListener("change", ({ target }) => {
    const form = target.form;
    form.dataset.touched = "1";
    if (target.name === "account_ids") part("colleagues").dataset.touched = "1";
    if (target.name === "outcome") reveal("approval", target.value === "false_accusation");
    if (target.name === "real_name" && target.value === "yes") form.elements.priority.checked = true; // 实名优先 (RPT-04).
    if (target.name === "into") pair(current().report.id, target.value);
  });
  root.addEventListener("reset", ({ target }) => {
    if (target.dataset.action === "close") reveal("approval", false);
  });
}
