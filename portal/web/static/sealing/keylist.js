// The signed list of who may open (docs/sealing.md §2): nothing is sealed under a list that is not verified here.
import { ed25519 } from "../vendor/sealing.js";
import { fromBase64, joined } from "./wire.js";

const FORMAT = "sunshine-portal/key-list/v1";
const RANKS = ["head", "officer", "superior"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A list that must not be used; `code`: `malformed`, `wrong_root`, `unsigned`, `other_jurisdiction`, `expired`, `older`. */
export class ListRefused extends Error {
  constructor(code) {
    super(`key list: ${code}`);
    this.name = "ListRefused";
    this.code = code;
  }
}

function opened(raw) {
  if (raw !== null && typeof raw === "object" && !(raw instanceof Uint8Array)) return raw;
  return JSON.parse(typeof raw === "string" ? raw : new TextDecoder("utf-8", { fatal: true }).decode(raw));
}

const isText = (value) => typeof value === "string" && value !== "";
const isDay = (value) => typeof value === "string" && DAY.test(value);
const isKey = (key) => key && /^age1[02-9ac-hj-np-z]{58}$/.test(key.recipient) && isDay(key.from) && isDay(key.until);

function isHolder(holder) {
  return (
    holder && isText(holder.id) && isText(holder.name) && RANKS.includes(holder.rank) &&
    (holder.unit === null || isText(holder.unit)) && Array.isArray(holder.keys) && holder.keys.every(isKey)
  );
}

function isList(list) {
  return (
    list.format === FORMAT && isText(list.jurisdiction) && Number.isInteger(list.serial) &&
    isDay(list.valid_until) && (list.opening === 1 || list.opening === 2) &&
    Number.isInteger(list.slots) && list.slots >= 4 && list.slots <= 16 &&
    isKey({ recipient: list.routing_key, from: list.valid_until, until: list.valid_until }) &&
    list.receipt_key && isText(list.receipt_key.name) && isText(list.receipt_key.key) &&
    Array.isArray(list.own_names) && list.own_names.every(isText) &&
    Array.isArray(list.holders) && list.holders.every(isHolder) && list.holders.length <= list.slots
  );
}

/**
 * The list that a file holds, when it is signed by the pinned root key, well formed, of this jurisdiction, valid today and
 * not older than a serial known already; throws `ListRefused`. `raw` is the file as text, as bytes or parsed.
 */
export function verifyList(raw, pinnedRoot, { jurisdiction, today, atLeastSerial = 0 }) {
  let list;
  try {
    const file = opened(raw);
    if (file.key !== pinnedRoot) throw new ListRefused("wrong_root");
    const message = joined(new TextEncoder().encode(`${FORMAT}\n`), new TextEncoder().encode(file.list));
    const signed = ed25519.verify(fromBase64(file.signature), message, fromBase64(pinnedRoot), { zip215: false });
    if (!signed) throw new ListRefused("unsigned");
    list = JSON.parse(file.list);
    if (!isList(list)) throw new ListRefused("malformed");
  } catch (error) {
    throw error instanceof ListRefused ? error : new ListRefused("malformed");
  }
  if (list.jurisdiction !== jurisdiction) throw new ListRefused("other_jurisdiction");
  if (list.valid_until < today) throw new ListRefused("expired");
  if (list.serial < atLeastSerial) throw new ListRefused("older");
  return list;
}

/** The recipient that counts for a holder on a day: the newest key in force; null without one. */
export function keyOf(holder, day) {
  let found = null;
  for (const key of holder.keys) {
    const inForce = key.from <= day && day <= key.until;
    if (inForce && (found === null || key.from + key.until > found.from + found.until)) found = key;
  }
  return found && found.recipient;
}

/** The holders who have a key in force on a day, in the list's order. */
export function holdersOn(list, day) {
  return list.holders.filter((holder) => keyOf(holder, day) !== null);
}
