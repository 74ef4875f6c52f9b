// Where the officer's key is while reports are open: in this worker's memory alone, gone when the page ends the worker.
// The page asks by {number, ask, given} and is answered by {number, value} or {number, wrong}.
import { sound } from "./cases-content.js";
import { makeKeyFile, readKeyFile } from "./cases-keyfile.js";
import {
  commitment, makeGrants, newIdentity, openAttachment, openBody, openGrants, openHalves, openMessage, openNote, openReply,
  recipientOf, sealNote, sealReply, sealTo, turn,
} from "/static/sealing/sealing.js";
import { keyOf } from "/static/sealing/keylist.js";
import { fromBase64, toBase64 } from "/static/sealing/wire.js";

let own = null; // {identity, recipient, root}
const cases = new Map(); // id → {identity, caseKey, replyKey, reporterKey}

async function caseIdentity({ grants, halves }) {
  const sealed = fromBase64(grants);
  const alone = await openGrants(sealed, own.identity);
  if (alone) return { identity: alone };
  const mine = await turn(sealed, own.identity); // Empty unless two keys open it.
  const both = (halves && (await openHalves(halves.map(fromBase64), own.identity))) || (await openHalves(mine, own.identity));
  return both ? { identity: both } : { turnable: mine.length > 0 };
}

async function texts(id, parts) {
  const { identity, replyKey } = cases.get(id);
  const found = {};
  for (const part of parts) {
    const sealed = fromBase64(part.sealed);
    if (part.kind === "message") found[part.n] = await openMessage(sealed, identity, replyKey);
    else if (part.kind === "reply") found[part.n] = await openReply(sealed, identity, replyKey);
    else if (part.kind === "note") found[part.n] = await openNote(sealed, identity);
  }
  return found;
}

const asks = {
  async unlock({ file, passphrase }) {
    own = await readKeyFile(file, passphrase);
    return { recipient: own.recipient, root: own.root };
  },
  async open({ id, grants, halves, body, caseKey, reporterKey: given }) {
    const found = await caseIdentity({ grants, halves });
    if (!found.identity) return { opened: false, turnable: found.turnable };
    const inside = await openBody(fromBase64(body), found.identity).catch(() => null);
    const content = inside && sound(inside.content);
    if (!content) return { opened: false, turnable: false, broken: true };
    const { replyKey, reporterKey } = inside;
    const ours = await recipientOf(found.identity);
    // What is written is sealed to the keys that the report itself gives, not to those that the server says.
    cases.set(id, { identity: found.identity, caseKey: ours, replyKey, reporterKey });
    return {
      opened: true,
      content,
      commitment: toBase64(commitment(inside.salt, inside.contentText)),
      ownKey: ours === caseKey && reporterKey === given,
    };
  },
  texts: ({ id, parts }) => texts(id, parts),
  attachment: ({ id, sealed }) => openAttachment(sealed, cases.get(id).identity),
  async turn({ grants }) {
    return (await turn(fromBase64(grants), own.identity)).map(toBase64);
  },
  async reply({ id, text }) {
    const made = await sealReply({ text, ...cases.get(id) });
    return { sealed: toBase64(made.sealed), for_reporter: toBase64(made.forReporter) };
  },
  async note({ id, text, fields }) {
    return toBase64(await sealNote(cases.get(id).caseKey, text, fields));
  },
  // The case's key for these holders of a list: as its own officers do, or alone for each of the superior commission.
  async rewrap({ id, list, holders, kind, day, least = 1 }) {
    const { identity } = cases.get(id);
    const opening = Math.max(list.opening, least);
    const places = kind === "superior" ? opening : 1;
    const openers = list.holders.filter((one) => holders.includes(one.id) && keyOf(one, day));
    const recipients = openers.flatMap((one) => Array(places).fill(keyOf(one, day)));
    const routing = { holders: openers.map((one) => one.id), route: kind };
    return {
      grants: toBase64(await makeGrants(identity, recipients, { slots: list.slots, opening })),
      routing: toBase64(await sealTo(list.routing_key, new TextEncoder().encode(JSON.stringify(routing)), "routing")),
    };
  },
  async make({ passphrase, day, root }) {
    const made = await newIdentity();
    return { text: await makeKeyFile(made.identity, passphrase, { day, root }), recipient: made.recipient };
  },
  async check({ file, passphrase }) {
    return (await readKeyFile(file, passphrase)).recipient;
  },
};

self.addEventListener("message", async ({ data }) => {
  const { number, ask, given } = data;
  try {
    self.postMessage({ number, value: await asks[ask](given) });
  } catch (error) {
    self.postMessage({ number, wrong: { name: error.name, code: error.code || "" } });
  }
});
