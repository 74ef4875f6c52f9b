// What is sealed, and how it is opened again (docs/sealing.md §4). One import for the pages: age and grants come along.
import { hmac, sha256 } from "../vendor/sealing.js";
import { newIdentity, openWith, recipientOf, sealTo } from "./age.js";
import { derive } from "./codes.js";
import { makeGrants } from "./grants.js";
import { keyOf } from "./keylist.js";
import { TooLong, roomFor } from "./padding.js";
import { fromBase64, joined, random, same, toBase64 } from "./wire.js";

export { newIdentity, openWith, recipientOf, sealTo } from "./age.js";
export { makeGrants, openGrants, openHalves, readGrants, turn } from "./grants.js";

const REPORT = "sunshine-portal/report/v1";
const MESSAGE = "sunshine-portal/message/v1";
const REPLY = "sunshine-portal/reply/v1";
const NOTE = "sunshine-portal/note/v1";
const COMMITMENT = "sunshine-portal/commitment/v1\n";

const bytesOf = (text) => new TextEncoder().encode(text);
const textOf = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

/** SHA-256 over the salt and the hash of the content's text: says nothing about the content to whoever lacks the salt. */
export function commitment(salt, contentText) {
  return sha256(joined(bytesOf(COMMITMENT), salt, sha256(bytesOf(contentText))));
}

/** HMAC of a case key's recipient: the reporter notices a case key that was exchanged. */
export function binding(bindingKey, caseKey) {
  return hmac(sha256, bindingKey, bytesOf(caseKey));
}

function parsed(data, format) {
  try {
    const found = data && JSON.parse(textOf(data));
    return found && found.format === format ? found : null;
  } catch {
    return null;
  }
}

function sealJson(recipients, value, purpose) {
  return sealTo(recipients, bytesOf(JSON.stringify(value)), purpose);
}

/**
 * Seal a report for a route (see routing.js): {caseKey, reporterKey, grants, body, routing, binding, commitment, lookup,
 * salt, contentText}; bytes but for the two recipients, the lookup id (hex) and the text. Throws `TooLong`.
 */
export async function sealReport(list, content, { day, code, route }) {
  const keys = derive(code);
  const own = await newIdentity();
  const contentText = JSON.stringify(content);
  const salt = random(32);
  const reporterKey = await recipientOf(keys.identity);
  const inside = {
    format: REPORT, salt: toBase64(salt), reply_key: toBase64(keys.reply), reporter_key: reporterKey, content: contentText,
  };
  const recipients = route.openers.flatMap((holder) => Array(route.places).fill(keyOf(holder, day)));
  return {
    caseKey: own.recipient,
    reporterKey,
    grants: await makeGrants(own.identity, recipients, { slots: list.slots, opening: route.opening }),
    body: await sealJson(own.recipient, inside, "report"),
    routing: await sealJson(
      list.routing_key, { holders: route.openers.map((holder) => holder.id), route: route.kind }, "routing",
    ),
    binding: binding(keys.binding, own.recipient),
    commitment: commitment(salt, contentText),
    lookup: keys.lookup,
    salt,
    contentText,
  };
}

/** {content, contentText, salt, replyKey, reporterKey} of a body; null where the identity does not open it. */
export async function openBody(body, caseIdentity) {
  const found = parsed(await openWith(caseIdentity, body), REPORT);
  if (!found) return null;
  return {
    content: JSON.parse(found.content),
    contentText: found.content,
    salt: fromBase64(found.salt),
    replyKey: fromBase64(found.reply_key),
    reporterKey: String(found.reporter_key),
  };
}

/** A reply in two copies: {sealed: for the case, forReporter}. Throws `TooLong`. */
export async function sealReply({ text, replyKey, caseKey, reporterKey }) {
  const value = { format: REPLY, text, mac: toBase64(hmac(sha256, replyKey, bytesOf(text))) };
  return { sealed: await sealJson(caseKey, value, "reply"), forReporter: await sealJson(reporterKey, value, "reply") };
}

/** {text, genuine} of a reply; `genuine` is false where it does not come from who opened the report; null unreadable. */
export async function openReply(sealed, identity, replyKey) {
  const found = parsed(await openWith(identity, sealed), REPLY);
  if (!found || typeof found.text !== "string") return null;
  let genuine = false;
  try {
    genuine = same(fromBase64(found.mac), hmac(sha256, replyKey, bytesOf(found.text)));
  } catch {
    // What is no MAC is no right one.
  }
  return { text: found.text, genuine };
}

const messageMac = (replyKey, text) => hmac(sha256, replyKey, bytesOf(`${MESSAGE}\n${text}`));

/** A later message of the reporter; by the key of the query code officers see that nobody else wrote it. Throws `TooLong`. */
export function sealMessage(caseKey, text, replyKey) {
  return sealJson(caseKey, { format: MESSAGE, text, mac: toBase64(messageMac(replyKey, text)) }, "message");
}

/** {text, genuine} of a message; `genuine` is false where the query code was not known to who wrote it; null unreadable. */
export async function openMessage(sealed, caseIdentity, replyKey) {
  const found = parsed(await openWith(caseIdentity, sealed), MESSAGE);
  if (!found || typeof found.text !== "string") return null;
  return { text: found.text, genuine: found.mac === toBase64(messageMac(replyKey, found.text)) };
}

/** A note of the officers: a text and fields. Throws `TooLong`. */
export function sealNote(caseKey, text, fields = {}) {
  return sealJson(caseKey, { format: NOTE, text, fields }, "note");
}

/** {text, fields} of a note, or null. */
export async function openNote(sealed, caseIdentity) {
  const found = parsed(await openWith(caseIdentity, sealed), NOTE);
  return found && { text: found.text, fields: found.fields || {} };
}

/** The largest file that fits into an attachment; what stands before it is short. */
export const LARGEST_FILE = roomFor("attachment") - 512;

/** A file sealed for the case under a number instead of its name; clean pictures before (pictures.js). Throws `TooLong`. */
export function sealAttachment(caseKey, { number, data, type, extension = "bin" }) {
  if (data.length > LARGEST_FILE) throw new TooLong(LARGEST_FILE);
  const name = `附件${number}.${extension}`;
  const meta = bytesOf(JSON.stringify({ name, type, size: data.length }));
  return sealTo(caseKey, joined(Uint8Array.of(meta.length >> 8, meta.length & 255), meta, data), "attachment");
}

/** {name, type, data} of an attachment, or null. */
export async function openAttachment(sealed, caseIdentity) {
  const whole = await openWith(caseIdentity, sealed);
  if (!whole || whole.length < 2) return null;
  const end = 2 + (whole[0] << 8) + whole[1];
  try {
    const { name, type } = JSON.parse(textOf(whole.slice(2, end)));
    return { name: String(name), type: String(type), data: whole.slice(end) };
  } catch {
    return null;
  }
}
