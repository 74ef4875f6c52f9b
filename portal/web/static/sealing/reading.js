// Reads the form into the content of a report (docs/sealing.md §5) and tells what is missing, field by field.
import { codeInText } from "./codes.js";
import { settings, words } from "./page.js";

const UNSEEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;
const LEAST_WHAT = 20;
// The longest texts, as the server without script takes them too.
const MOST = {
  unit: 100, when: 300, where: 300, what: 20_000, consequence: 5_000, amount: 200, reported_before: 2_000,
  reporter_name: 50, reporter_phone: 40, reporter_id: 40, reporter_address: 200,
  person_name: 50, person_unit: 100, person_post: 100,
};
const PROSE = ["what", "consequence", "reported_before"];
const FREE = ["what", "when", "where", "consequence", "amount", "reported_before", "unit"];

/** A text without what cannot be seen, on one line or on several. */
export function cleaned(text, lines = false) {
  const seen = text.replace(/\r\n?/g, "\n").replace(UNSEEN, "");
  return (lines ? seen : seen.replace(/\s+/g, " ")).normalize("NFC").trim();
}

function controls(form, name) {
  const found = form.elements[name];
  return found === null || found === undefined ? [] : found instanceof RadioNodeList ? [...found] : [found];
}

function valueOf(form, name) {
  const [control] = controls(form, name);
  return control ? cleaned(control.value, PROSE.includes(name)) : "";
}

function ticked(form, name) {
  return controls(form, name).filter((box) => box.checked).map((box) => box.value);
}

function personRows(form) {
  return [...form.querySelectorAll('[name="person_name"]')].map((name, at) => ({
    name,
    unit: form.querySelectorAll('[name="person_unit"]')[at],
    post: form.querySelectorAll('[name="person_post"]')[at],
  }));
}

function persons(form) {
  return personRows(form)
    .map(({ name, unit, post }) => ({ name: cleaned(name.value), unit: cleaned(unit.value), post: cleaned(post.value) }))
    .filter((person) => person.name);
}

function reporter(form) {
  return {
    name: valueOf(form, "reporter_name"),
    phone: valueOf(form, "reporter_phone"),
    id_number: valueOf(form, "reporter_id"),
    address: valueOf(form, "reporter_address"),
  };
}

/** The content, without the route; `attachments` is how many files follow. */
export function readContent(form, attachments) {
  const real = ticked(form, "real_name")[0] === "yes";
  const index = valueOf(form, "record_index");
  return {
    format: "sunshine-portal/report-content/v1",
    jurisdiction: settings.jurisdiction,
    channel: "form",
    real_name: real,
    reporter: real ? reporter(form) : null,
    record: index ? { index_no: index, title: valueOf(form, "record_title") } : null,
    unit: valueOf(form, "unit"),
    persons: persons(form),
    categories: ticked(form, "categories"),
    when: valueOf(form, "when"),
    where: valueOf(form, "where"),
    what: valueOf(form, "what"),
    consequence: valueOf(form, "consequence"),
    amount: valueOf(form, "amount"),
    known_from: knownFrom(form),
    reported_before: valueOf(form, "reported_before"),
    left_out: [],
    route: "own",
    attachments,
  };
}

function knownFrom(form) {
  const [control] = controls(form, "known_from");
  const value = control && control.type === "radio" ? ticked(form, "known_from")[0] : control && control.value;
  return value || null;
}

/** Everything written freely: the names of those who hold keys are looked for in it. */
export function freeText(content) {
  const named = content.persons.flatMap(({ name, unit, post }) => [name, unit, post]);
  return [...FREE.map((name) => content[name]), ...named].join("\n");
}

/** The holders that the reporter ticked as concerned. */
export function tickedHolders(form) {
  return ticked(form, "concerned");
}

function lengthProblems(form) {
  const found = [];
  for (const control of form.querySelectorAll("input, textarea")) {
    const most = MOST[control.name];
    if (!most) continue;
    const text = cleaned(control.value, PROSE.includes(control.name));
    const length = [...text].length;
    if (length > most) found.push([control, words("too-long", { label: labelOf(control), most, now: length })]);
    else if (codeInText(text)) found.push([control, words("code-inside", { label: labelOf(control) })]);
  }
  return found;
}

function labelOf(control) {
  const field = control.closest("[data-title]");
  if (field) return field.dataset.title;
  return control.labels && control.labels[0] ? control.labels[0].textContent.trim() : control.getAttribute("aria-label") || "";
}

/** What keeps the form from being sent: [[control, sentence], …] in the order of the form. */
export function problemsOf(form) {
  const found = [];
  const needs = (name, key) => {
    const [control] = controls(form, name);
    if (control) found.push([control, words(key)]);
  };
  const kind = ticked(form, "real_name")[0];
  if (!kind) needs("real_name", "need-real-name");
  if (kind === "yes" && !valueOf(form, "reporter_name")) needs("reporter_name", "need-name");
  if (kind === "yes" && !valueOf(form, "reporter_phone")) needs("reporter_phone", "need-phone");
  if (!valueOf(form, "unit")) needs("unit", "need-unit");
  for (const { name, unit, post } of personRows(form)) {
    if (!cleaned(name.value) && (cleaned(unit.value) || cleaned(post.value))) found.push([name, words("need-person-name")]);
  }
  if (ticked(form, "categories").length === 0) needs("categories", "need-category");
  const what = [...valueOf(form, "what")].length;
  if (what === 0) needs("what", "need-what");
  else if (what < LEAST_WHAT) found.push([controls(form, "what")[0], words("short-what", { least: LEAST_WHAT, now: what })]);
  found.push(...lengthProblems(form));
  if (controls(form, "truth").some((box) => !box.checked)) needs("truth", "need-truth");
  const place = [...form.elements];
  return found.sort(([left], [right]) => place.indexOf(left) - place.indexOf(right));
}
