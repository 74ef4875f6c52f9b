// Numbers that only who can open the reports can count, and tables as CSV: both made in the browser.
import { getPage } from "./cases-api.js";
import { save } from "./cases-csv.js";
import { opened } from "./cases-opening.js";
import { key, when } from "./cases-unlock.js";
import { act, part, reveal, root, row, say, settings, words } from "/static/sealing/page.js";

const SMALL = 5; // As in the server's tables: fewer people could be recognised.
let own = null; // [{title, head, rows: [[name, number text]]}]

async function ids() {
  const found = new Set();
  for (let number = 1; ; number += 1) {
    const page = await getPage(`${settings.base}?page=${number}`);
    const before = found.size;
    for (const line of page.querySelectorAll('[data-part="rows"] tr[data-readable]')) found.add(line.dataset.id);
    if (found.size === before) return [...found];
  }
}

function tally(contents, of) {
  const counts = new Map();
  for (const content of contents) for (const one of of(content)) counts.set(one, (counts.get(one) || 0) + 1);
  return counts;
}

function categories(contents) {
  const counts = tally(contents, (content) => new Set(content.categories));
  const rows = [...root.querySelectorAll('template[data-words^="category-"]')].map((one) => {
    const number = counts.get(one.dataset.words.slice("category-".length)) || 0;
    return [one.content.textContent.trim(), number > 0 && number < SMALL ? words("small") : String(number)];
  });
  return { title: words("by-category"), head: words("category"), rows };
}

// Units with few reports are not named: the name alone would tell that there is a report.
function units(contents) {
  const counts = tally(contents, (content) => [content.unit.replace(/\s+/g, "")]);
  const large = [...counts].filter(([, number]) => number >= SMALL).sort((left, right) => right[1] - left[1]);
  const rows = large.map(([name, number]) => [name, String(number)]);
  const few = large.length < counts.size;
  if (few) rows.push([words("others"), words("left")]);
  rows.push([words("all"), few ? words("left") : String(contents.length)]);
  return { title: words("by-unit"), head: words("unit"), rows };
}

function shown({ title, head, rows }) {
  const made = row("table");
  part("caption", made).textContent = title;
  part("head", made).textContent = head;
  part("body", made).append(...rows.map(([name, number]) => {
    const line = row("line");
    part("name", line).textContent = name;
    part("number", line).textContent = number;
    return line;
  }));
  return made;
}

async function count() {
  reveal("count", false);
  const contents = [];
  let shut = 0;
  try {
    const all = await ids();
    for (const [at, id] of all.entries()) {
      say("count-told", words("counting", { done: at, all: all.length }));
      const { content } = await opened(id);
      if (content) contents.push(content);
      else shut += 1;
    }
  } catch (error) {
    if (error.name !== "Locked") say("count-told", error.name === "Refused" ? error.message : words("failed"));
    reveal("count", key.open);
    return;
  }
  if (!key.open) return;
  own = contents.length ? [categories(contents), units(contents)] : null;
  const few = shut > 0 ? words("counted-shut", { count: shut < SMALL ? words("small") : shut }) : "";
  const done = contents.length < SMALL ? words("small") : contents.length;
  say("count-told", own ? words("counted", { done, shut: few }) : words("counted-none"));
  part("own").replaceChildren(...(own || []).map(shown));
  reveal("own", own !== null);
  reveal("export-own", own !== null);
}

function exported(name, tables) {
  const lines = [[words("table"), words("row"), words("count")]];
  for (const { title, rows } of tables) for (const [label, number] of rows) lines.push([title, label, number]);
  save(name, lines);
}

const printed = () => [...root.querySelectorAll('[data-part="counted"] table')].map((table) => ({
  title: table.dataset.title,
  rows: [...table.tBodies[0].rows].map((line) => [line.cells[0].textContent.trim(), line.cells[1].textContent.trim()]),
}));

act("count", count);
act("export", () => exported(words("csv-quarter", { name: words("quarter") }), printed()));
act("export-own", () => exported(words("csv-own", { name: words("quarter") }), own));
when("unlocked", () => reveal("count", true));
when("locked", () => {
  own = null;
  part("own").replaceChildren();
  say("count-told");
  for (const name of ["own", "count", "export-own"]) reveal(name, false);
});
reveal("export", printed().length > 0);
