// Who can open a report (docs/sealing.md §3): whoever it concerns is left out here, before anything is sealed.
import { holdersOn } from "./keylist.js";

// Posts that name the head of a commission, however the rest of the post reads.
const HEADS = ["纪委书记", "纪律检查委员会书记", "监委主任", "监察委主任", "监察委员会主任", "纪委监委主要负责人"];
// Blanks, the dots between the parts of a name as input methods write them, and what cannot be seen.
const IGNORED =
  /[\s.\x1c-\x1f\x85\u00b7\u2022\u2027\u2219\u22c5\u30fb\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\ufe00-\ufe0f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
// Radicals that stand for a whole character, as texts copied out of PDF files have them; NFKC leaves them as they are.
const RADICALS = [..."⺒⺠⺩⺬⺮⺶⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻮⻯⻰⻱"];
const WHOLE = [..."巳民王示竹羊虎西见角贝车長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾斉齐齿竜龙龜"];
// The committee to which the head of its commission belongs: not that of a town or a department.
const COMMITTEE = /[县区市旗]委(?:员会)?(?:常委会?|常务委员会)?$/u;

/** Nobody is left who could open: the report must not be sent. */
export class NoRecipient extends Error {
  constructor() {
    super("no_recipient");
    this.name = "NoRecipient";
    this.code = "no_recipient";
  }
}

/** A name as it is compared: width, spaces, dots and case do not count. */
export function compared(text) {
  const whole = (text || "").normalize("NFKC").replace(/[\u2e80-\u2eff]/gu, (one) => WHOLE[RADICALS.indexOf(one)] || one);
  return whole.replace(IGNORED, "").toLowerCase();
}

function standsIn(holder, text) {
  const name = compared(holder.name);
  return [...name].length >= 2 && text.includes(name);
}

/** The holders whose name stands in a text: the reporter is asked whether they are concerned. */
export function mentioned(list, text) {
  const flat = compared(text);
  return list.holders.filter((holder) => standsIn(holder, flat));
}

function concernsHead(persons) {
  return persons.some((person) => {
    const post = compared(person.post);
    const unit = compared(person.unit);
    return (unit === "" || COMMITTEE.test(unit)) && HEADS.some((title) => post.includes(title));
  });
}

/**
 * The ids of the holders whom a report concerns. `persons` are {name, unit, post}; `ticked` are ids that the reporter says
 * it concerns, `cleared` of those whose name stands in the text although it does not.
 */
export function concerned(list, { unit = "", persons = [], ticked = [], text = "", cleared = [] }) {
  const names = new Set(persons.map((person) => compared(person.name)).filter(Boolean));
  const units = unitsOf(unit, persons);
  const flat = compared(text);
  return list.holders
    .filter(
      (holder) =>
        names.has(compared(holder.name)) ||
        ticked.includes(holder.id) ||
        (standsIn(holder, flat) && !cleared.includes(holder.id)) ||
        (holder.unit && units.has(compared(holder.unit))),
    )
    .map((holder) => holder.id);
}

function unitsOf(unit, persons) {
  return new Set([unit, ...persons.map((person) => person.unit)].map(compared).filter(Boolean));
}

/**
 * {openers, leftOut: ids, kind: "own"|"superior", opening, places} of a report (see `concerned`); throws `NoRecipient`.
 * `opening` is always the list's: that fewer must turn their keys would tell who was named. Of the superior commission each
 * takes `places` slots and opens alone.
 */
export function chooseRoute(list, { day, ...about }) {
  const { unit = "", persons = [] } = about;
  const leftOut = concerned(list, about);
  const own = list.own_names.map(compared).filter(Boolean);
  const free = holdersOn(list, day).filter((holder) => !leftOut.includes(holder.id));
  const up =
    list.holders.some((holder) => holder.rank === "head" && leftOut.includes(holder.id)) ||
    // A room of the commission, or its group at a department, is the commission.
    [...unitsOf(unit, persons)].some((one) => own.some((name) => one.includes(name))) ||
    concernsHead(persons);
  const officers = free.filter((holder) => holder.rank !== "superior");
  const kind = up || officers.length < list.opening ? "superior" : "own";
  const openers = kind === "own" ? officers : free.filter((holder) => holder.rank === "superior");
  if (openers.length === 0) throw new NoRecipient();
  return { openers, leftOut, kind, opening: list.opening, places: kind === "own" ? 1 : list.opening };
}
