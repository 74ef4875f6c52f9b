// The formula of the early warnings for the one item that the server cannot count: portal/domain/supervision/warnings.py,
// `score`. The numbers are the regime's, and come with the page.
import { compared } from "/static/sealing/routing.js";

/** From the least grave state to the gravest. */
export const STATES = ["calm", "prevent", "alert"];

/** {extra, capped, total, state} of a unit that has `points` without reports, and so many reports. */
export function weighed(points, count, { each, most, prevent, alert }) {
  const extra = Math.min(count * each, most);
  const total = points + extra;
  const state = total >= alert ? "alert" : total >= prevent ? "prevent" : "calm";
  return { extra, capped: count * each > most, total, state };
}

/** Whose name a reporter wrote: the unit's address; null where none or more than one has it. `units` are {slug, names}. */
export function finder(units) {
  const known = new Map();
  for (const { slug, names } of units) for (const one of names) known.set(one, known.has(one) ? null : slug);
  return (written) => known.get(compared(written)) || null;
}
