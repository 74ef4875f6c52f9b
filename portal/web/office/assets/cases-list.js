// The list: titles opened one after the other, rows ticked and dealt with at once, the table fetched again after an act.
import { Refused, getPage, postJson, troubleOf } from "./cases-api.js";
import { ask } from "./cases-vault.js";
import { key, keyList, listTrouble } from "./cases-unlock.js";
import { fetchCase, known, titleOf } from "./cases-detail.js";
import { element, part, reveal, root, say, words } from "/static/sealing/page.js";
import { freeText } from "/static/sealing/reading.js";
import { chooseRoute } from "/static/sealing/routing.js";
import { dayInShanghai } from "/static/sealing/wire.js";

const rows = () => [...root.querySelectorAll('[data-part="rows"] tr[data-id]')];
const rowOf = (id) => rows().find((one) => one.dataset.id === id);
const has = (name) => Boolean(part(name));
let round = 0; // Another round of opening titles makes the one before stop.

function whyShut({ report, inside }) {
  if (!report.body) return "";
  if (inside && inside.broken) return words("row-broken");
  if (report.opening === 2 && inside && inside.turnable) return words(report.turned_by && !report.halves ? "row-two" : "row-first");
  return words("row-shut");
}

/** What a row is called where one of many is chosen: many are about the same unit, so the first words stand along. */
export function nameOf(line) {
  const { id } = line.dataset;
  const found = known.get(id);
  const text = found && found.inside && found.inside.opened ? [...found.inside.content.what.replace(/\s+/g, " ")] : [];
  const first = text.length ? `：${text.slice(0, 16).join("")}${text.length > 16 ? "……" : ""}` : "";
  return `${part("row-title", line).firstChild.textContent}${first}（${id.slice(-4)}）`;
}

/** Show in the list what a report's title is now. */
export function showTitle(id) {
  const line = rowOf(id);
  const found = known.get(id);
  if (!line || !found) return;
  const link = part("row-title", line);
  const more = part("row-more", line);
  if (found.inside && found.inside.opened) {
    const told = titleOf(found.inside.content);
    link.firstChild.textContent = told.title;
    more.textContent = told.more;
    // The office knows of a real name only once somebody has checked it; who opens the report sees that one is given.
    reveal(part("row-signed", line), Boolean(found.inside.content.reporter) && found.report.real_name === null);
  } else if (key.open) {
    const why = whyShut(found);
    if (why) more.textContent = why;
    more.classList.toggle("t-red", Boolean(found.inside && found.inside.broken));
  }
}

function choices() {
  if (!has("bulk")) return;
  const { into, who } = part("bulk").elements;
  const open = rows().filter((one) => ["received", "accepted", "reopened", "closed", "not_accepted"].includes(one.dataset.state));
  into.replaceChildren(into.options[0], ...open.map((one) => new Option(nameOf(one), one.dataset.id)));
  if (who) {
    const all = new Map();
    for (const { report } of known.values()) for (const one of report.colleagues) all.set(String(one.account_id), one.name);
    who.replaceChildren(who.options[0], ...[...all].map(([number, text]) => new Option(text, number)));
  }
}

function toggled() {
  const picked = rows().filter((one) => one.querySelector("input").checked).length;
  reveal("bulk", picked > 0);
  part("bulk-count").textContent = picked;
}

/** Open the titles of all rows; each is written down as looked at. */
export async function openTitles() {
  if (!has("rows")) return;
  round += 1;
  const mine = round;
  const wanted = rows();
  let opened = 0;
  let shut = 0;
  for (const [at, line] of wanted.entries()) {
    if (mine !== round || !key.open) return;
    say("titles-told", words("titles-busy", { done: at, all: wanted.length }));
    const { id } = line.dataset;
    try {
      const found = known.get(id) && known.get(id).inside ? known.get(id) : await fetchCase(id);
      showTitle(id);
      line.querySelector(".pick input").disabled = false;
      if (found.inside && found.inside.opened) opened += 1;
      else if (found.report.body) shut += 1;
    } catch (error) {
      if (error.name === "Locked" || error.status === 401) return;
      const more = rowOf(id) && part("row-more", rowOf(id));
      if (more) more.textContent = words("row-trouble");
    }
  }
  say("titles-told", words("titles-done", { done: opened, shut: shut ? words("titles-shut", { count: shut }) : "" }));
  choices();
}

/** Put the sealed titles back. */
export function closeTitles(sealed) {
  round += 1;
  if (!has("rows")) return;
  part("rows").replaceChildren(...sealed.map((one) => one.cloneNode(true)));
  say("titles-told");
  say("bulk-told");
  toggled();
  const { into, who } = part("bulk").elements;
  for (const select of [into, who]) if (select) select.replaceChildren(select.options[0]);
}

/** The rows as the server wrote them. */
export function sealedRows() {
  return has("rows") ? rows().map((one) => one.cloneNode(true)) : [];
}

/** Fetch the list again, keep ticks and opened titles; returns the rows as the server wrote them, or null. */
export async function refreshList() {
  if (!has("rows")) return null;
  try {
    const page = await getPage(location.pathname + location.search);
    const fresh = page.querySelector('[data-part="rows"]');
    if (!fresh) return null;
    const picked = new Set(rows().filter((one) => one.querySelector("input").checked).map((one) => one.dataset.id));
    const made = [...fresh.children].map((one) => document.importNode(one, true));
    const kept = made.map((one) => one.cloneNode(true));
    part("rows").replaceChildren(...made);
    for (const line of rows()) {
      const box = line.querySelector(".pick input");
      box.disabled = !known.has(line.dataset.id);
      box.checked = picked.has(line.dataset.id) && !box.disabled;
      showTitle(line.dataset.id);
    }
    toggled();
    choices();
    return kept;
  } catch {
    return null; // The list of before stays; a reload brings the new one.
  }
}

// Sealed again for everybody who may open it by the present list: the same people's new keys, and who came after.
async function rewrapped(id) {
  const found = await fetchCase(id);
  if (!found.inside || !found.inside.opened) throw new Refused(words("bulk-shut"));
  const { report, inside } = found;
  const list = await keyList(inside.content.jurisdiction).catch((error) => {
    throw new Refused(listTrouble(error));
  });
  const wrap = (holders) => ask("rewrap", { id, list, holders, kind: report.route, day: dayInShanghai(), least: report.opening });
  const sealed = await wrap(wanted(list, report, inside.content));
  try {
    await postJson(`${id}/grant`, { version: report.version, ...sealed });
  } catch (error) {
    if (error.status !== 422) throw error;
    // Somebody stood in the list already and was left out: then the same people only, with the keys that they have now.
    await postJson(`${id}/grant`, { version: report.version, ...(await wrap(report.holders)) });
  }
}

// The reporter's own rule decides about who came later: whoever it would leave out now stays out.
function wanted(list, report, content) {
  let free = [];
  try {
    const { unit, persons, left_out: ticked } = content;
    const route = chooseRoute(list, {
      day: dayInShanghai(), unit, persons, ticked, text: freeText(content), cleared: report.holders,
    });
    if (route.kind === report.route) free = route.openers.map((one) => one.id);
  } catch {
    // Nobody besides those for whom it is sealed.
  }
  return [...new Set([...report.holders, ...free])];
}

async function each(ids, doIt) {
  const results = [];
  for (const [at, id] of ids.entries()) {
    say("bulk-told", words("bulk-busy", { done: at, all: ids.length }));
    try {
      await doIt(id);
      results.push({ id, done: true });
    } catch (error) {
      results.push({ id, done: false, error: troubleOf(error) });
    }
  }
  return results;
}

async function assigned(id, number) {
  const { report } = await fetchCase(id);
  await postJson(`${id}/act`, { action: "assign", version: report.version, account_ids: [number] });
}

async function bulk(what, ids, form) {
  if (what === "refuse") return (await postJson("bulk", { ids, action: "refuse", reason: "not_a_report" })).results;
  if (what === "rewrap") return each(ids, rewrapped);
  if (what === "merge") {
    const into = form.elements.into.value;
    if (!into) throw new Refused(words("bulk-into"));
    if (ids.includes(into)) throw new Refused(words("bulk-self"));
    return (await postJson("bulk", { ids, action: "merge", into })).results;
  }
  const number = Number(form.elements.who.value);
  if (!number) throw new Refused(words("bulk-who"));
  return each(ids, (id) => assigned(id, number));
}

/** Let rows be ticked and dealt with; `changed()` fetches the list again. */
export function picking({ changed }) {
  if (!has("bulk")) return;
  root.addEventListener("change", ({ target }) => {
    if (target.name === "pick") toggled();
  });
  part("bulk").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const ids = rows().filter((one) => one.querySelector("input").checked).map((one) => one.dataset.id);
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      const results = await bulk(event.submitter.value, ids, form);
      for (const one of results) if (one.done) rowOf(one.id).querySelector("input").checked = false;
      const failed = results.filter((one) => !one.done);
      await changed();
      part("bulk").hidden = false;
      part("bulk-told").hidden = false;
      part("bulk-told").replaceChildren(
        element("p", words("bulk-done", { count: results.length - failed.length })),
        ...failed.map((one) => element("p", words("bulk-failed", { id: one.id.slice(-4), error: one.error }), "t-red")),
      );
    } catch (error) {
      say("bulk-told", troubleOf(error));
    }
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  });
}
