// Before anybody types: the signed key list from two places, and a trial that sealing works in this browser.
import { newCode } from "./codes.js";
import { verifyList } from "./keylist.js";
import { hostUrl, settings } from "./page.js";
import { newIdentity, openBody, openGrants, sealReport } from "./sealing.js";
import { askJson, dayInShanghai, getText } from "./wire.js";

/** Sealing is not possible now; `code`: `host`, `static`, `list`, `expired`, `older` or `trial`. */
export class NotReady extends Error {
  constructor(code) {
    super(`not ready: ${code}`);
    this.name = "NotReady";
    this.code = code;
  }
}

function verified(raw, atLeastSerial) {
  try {
    return verifyList(raw, settings.rootKey, {
      jurisdiction: settings.jurisdiction, today: dayInShanghai(), atLeastSerial,
    });
  } catch (error) {
    throw new NotReady(["expired", "older"].includes(error.code) ? error.code : "list");
  }
}

/** The verified copy of the list that lies with the pages. */
export async function staticList() {
  let raw;
  try {
    raw = await getText(new URL(settings.keyList, document.baseURI));
  } catch {
    throw new NotReady("static");
  }
  return verified(raw, 0);
}

/** {list, challenge, bits, limits} of the host now; its list must be verified and not older than `known`. */
export async function startAt(known, { signal } = {}) {
  const start = await askJson(hostUrl("start"), { signal });
  return { ...start, list: verified(start.key_list, known.serial) };
}

// Seals a trial text to a key made here, and opens it again the way an officer would.
async function trial(list) {
  const own = await newIdentity();
  const day = dayInShanghai();
  const key = { recipient: own.recipient, from: day, until: day };
  const route = { openers: [{ id: "trial", keys: [key] }], kind: "own", opening: 1, places: 1 };
  const content = { what: "加密自检" };
  const parts = await sealReport(list, content, { day, code: newCode(), route });
  const identity = await openGrants(parts.grants, own.identity);
  const found = identity && (await openBody(parts.body, identity));
  return Boolean(found) && found.content.what === content.what;
}

/** {list, limits, …}: everything that is needed to seal; throws `NotReady`. */
export async function prepare() {
  if (!window.crypto || !crypto.getRandomValues || typeof BigInt !== "function") throw new NotReady("trial");
  const known = await staticList();
  let start;
  try {
    start = await startAt(known);
  } catch (error) {
    throw error instanceof NotReady ? error : new NotReady("host");
  }
  let works = false;
  try {
    works = await trial(start.list);
  } catch {
    // As bad as a wrong result.
  }
  if (!works) throw new NotReady("trial");
  return start;
}
