// Early warnings with the reports that this person opens. Which unit has how many is known to this page alone: nothing of it
// is sent, and locking puts the server's own table back.
import { save } from "./cases-csv.js";
import { opened } from "./cases-opening.js";
import { key, when } from "./cases-unlock.js";
import { STATES, finder, weighed } from "./cases-weighing.js";
import { act, part, reveal, root, row, say, settings, words } from "/static/sealing/page.js";
import { compared } from "/static/sealing/routing.js";

const ids = JSON.parse(settings.ids || "[]");
const terms = Object.fromEntries(["each", "most", "prevent", "alert"].map((name) => [name, Number(settings[name])]));
const lines = () => [...root.querySelectorAll("tr[data-unit]")];
const served = lines().map((one) => one.cloneNode(true));
const units = served.map((line, at) => ({
  at,
  line,
  slug: line.dataset.unit,
  name: part("name", line).textContent,
  points: Number(line.dataset.points),
  state: line.dataset.state,
  names: JSON.parse(line.dataset.names),
}));
const unitOf = finder(units);
const rank = (state) => STATES.indexOf(state);
let round = 0; // Another round, or locking, makes the one before stop.
let found = null; // {written: [names as the reporters wrote them], left: Map why → number}
const chosen = new Map(); // A name as it is compared → the unit that the person chose for it.

const slugOf = (written) => unitOf(written) || chosen.get(compared(written)) || null;
const listed = (pairs) => pairs.filter(([, n]) => n > 0).map(([why, n]) => words(`left-${why}`, { n })).join("，");

function results() {
  const counts = new Map();
  for (const one of found.written) counts.set(slugOf(one), (counts.get(slugOf(one)) || 0) + 1);
  const made = units.map((unit) => {
    const count = counts.get(unit.slug) || 0;
    const after = weighed(unit.points, count, terms);
    return { unit, count, ...after, rose: rank(after.state) - rank(unit.state) };
  });
  // What rose comes first, the gravest of it before the others; then who has reports; the others as the server had them.
  const order = (one) => [one.rose > 0 ? rank(one.state) + 1 : 0, one.extra > 0 ? 1 : 0, one.extra > 0 ? one.total : 0, -one.unit.at];
  made.sort((left, right) => {
    const [one, other] = [order(left), order(right)];
    const at = one.findIndex((value, place) => value !== other[place]);
    return at < 0 ? 0 : other[at] - one[at];
  });
  return { made, strange: counts.get(null) || 0 };
}

function small(text) {
  const made = document.createElement("small");
  made.textContent = text;
  made.className = "nw";
  return made;
}

function lineOf({ unit, count, extra, capped, total, state, rose }) {
  const made = unit.line.cloneNode(true);
  if (count > 0) part("count", made).replaceChildren(words("count", { n: count }), small(words(capped ? "capped" : "points", { n: extra })));
  else part("count", made).firstElementChild.textContent = "0";
  const points = small(words("points", { n: total }));
  const raised = rose > 0 ? [small(words("raised", { from: words(`state-${unit.state}`), to: words(`state-${state}`) }))] : [];
  part("after", made).replaceChildren(row(`sign-${state}`), points, ...raised);
  made.classList.toggle("rose", rose > 0);
  return made;
}

function shown() {
  const { made, strange } = results();
  part("units").replaceChildren(...made.map(lineOf));
  const rose = made.filter((one) => one.rose > 0).length;
  const left = listed([...found.left, ["strange", strange]]);
  say("weigh-told", words("done", {
    done: found.written.length,
    units: made.filter((one) => one.count > 0).length,
    left: left && words("left", { list: left }),
    rose: rose ? words("rose", { n: rose }) : words("rose-none"),
  }));
}

// Names that no unit has, or more than one: shown as they were written, with the units to choose from.
function strangers() {
  const groups = new Map();
  for (const one of found.written.filter((each) => !unitOf(each))) {
    const group = groups.get(compared(one)) || { name: one, number: 0 };
    groups.set(compared(one), { ...group, number: group.number + 1 });
  }
  const many = [...groups].sort(([, one], [, other]) => other.number - one.number);
  part("unknown-rows").replaceChildren(...many.map(([same, { name, number }]) => {
    const made = row("unknown");
    part("name", made).textContent = name;
    part("number", made).textContent = number;
    const select = part("unit", made);
    select.setAttribute("aria-label", words("choose", { name }));
    select.addEventListener("change", () => {
      if (select.value) chosen.set(same, select.value);
      else chosen.delete(same);
      shown();
    });
    return made;
  }));
  reveal("unknown", groups.size > 0);
}

async function weigh() {
  round += 1;
  const mine = round;
  const written = [];
  const left = new Map();
  reveal("weigh", false);
  try {
    for (const [at, id] of ids.entries()) {
      say("weigh-told", words("busy", { done: at, all: ids.length }));
      const { content, why } = await opened(id);
      if (mine !== round) return;
      if (content) written.push(content.unit);
      else left.set(why, (left.get(why) || 0) + 1);
    }
  } catch (error) {
    if (mine !== round) return;
    say("weigh-told", error.name === "Refused" ? error.message : words("failed"));
    reveal("weigh", key.open);
    return;
  }
  found = { written, left };
  shown();
  strangers();
  reveal("export", true);
}

function exported() {
  const { made, strange } = results();
  const left = listed([...found.left, ["strange", strange]]) || words("csv-all");
  const quarter = words("quarter");
  const rows = made.map(({ unit, count, extra, total, state, rose }) => [
    quarter, unit.name, words(`state-${unit.state}`), unit.points, count, extra, total, words(`state-${state}`),
    rose > 0 ? words("raised", { from: words(`state-${unit.state}`), to: words(`state-${state}`) }) : "",
  ]);
  const unknown = found.written.filter((one) => !slugOf(one)).map((one) => [words("csv-strange"), one]);
  save(words("csv-name", { quarter }), [
    [words("csv-mark")], [words("csv-about", { list: left })], words("csv-head").split("|"), ...rows, ...unknown,
  ]);
}

function closed() {
  round += 1;
  found = null;
  chosen.clear();
  part("units").replaceChildren(...served.map((one) => one.cloneNode(true)));
  part("unknown-rows").replaceChildren();
  say("weigh-told");
  for (const name of ["unknown", "weigh", "export"]) reveal(name, false);
}

if (part("weigh")) {
  act("weigh", weigh);
  act("export", exported);
  when("unlocked", () => reveal("weigh", true));
  when("locked", closed);
}
