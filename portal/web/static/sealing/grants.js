// Grants (docs/sealing.md §4): they give the case key to those who open, one alone or two together.
// Throwaway keys fill the places of everybody else: nobody can count how many were left out.
import { decryptWith, encryptTo, newIdentity } from "./age.js";
import { joined } from "./wire.js";

const MAGIC = new TextEncoder().encode("SPG1");
const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

function below(limit) {
  const edge = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn < edge) return drawn % limit;
  }
}

function shuffled(list) {
  const mixed = [...list];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

function packed(opening, packets) {
  const parts = [MAGIC, Uint8Array.of(opening, packets.length >> 8, packets.length & 255)];
  for (const packet of packets) parts.push(Uint8Array.of(packet.length >> 8, packet.length & 255), packet);
  return joined(...parts);
}

/** {opening, packets} of grants; throws `RangeError` where they are not whole. */
export function readGrants(grants) {
  const view = new DataView(grants.buffer, grants.byteOffset, grants.byteLength);
  if (grants.length < 7 || !MAGIC.every((byte, at) => grants[at] === byte)) throw new RangeError("no grants");
  const opening = grants[4];
  const packets = [];
  let at = 7;
  for (let left = view.getUint16(5); left > 0; left -= 1) {
    const end = at + 2 + view.getUint16(at);
    if (end > grants.length) throw new RangeError("grants end early");
    packets.push(grants.slice(at + 2, end));
    at = end;
  }
  if (at !== grants.length || (opening !== 1 && opening !== 2)) throw new RangeError("not grants");
  return { opening, packets };
}

/**
 * Grants of a case identity for recipients: with `opening` 1 each of them opens, with 2 any two of them;
 * whoever stands among them twice turns both keys.
 */
export async function makeGrants(caseIdentity, recipients, { slots, opening }) {
  if (recipients.length < opening || recipients.length > slots) throw new RangeError("recipients do not fit the slots");
  const places = [...recipients];
  while (places.length < slots) places.push((await newIdentity()).recipient);
  const secret = new TextEncoder().encode(caseIdentity);
  if (opening === 1) return packed(1, [await encryptTo(shuffled(places), secret)]);
  const packets = [];
  for (const [at, outer] of places.entries()) {
    for (const [other, inner] of places.entries()) {
      if (at !== other) packets.push(await encryptTo(outer, await encryptTo(inner, secret)));
    }
  }
  return packed(2, shuffled(packets));
}

async function firstIdentity(packets, identity) {
  for (const packet of packets) {
    const found = await decryptWith(identity, packet);
    const text = found && new TextDecoder().decode(found);
    if (text && IDENTITY.test(text)) return text;
  }
  return null;
}

/** The case identity, with opening 1; null where this identity opens nothing, or a second one is needed. */
export async function openGrants(grants, identity) {
  const { opening, packets } = readGrants(grants);
  return opening === 1 ? firstIdentity(packets, identity) : null;
}

/** With opening 2: the halves that the first key lays bare; empty where it opens nothing. */
export async function turn(grants, identity) {
  const { opening, packets } = readGrants(grants);
  if (opening !== 2) return [];
  const halves = [];
  for (const packet of packets) {
    const half = await decryptWith(identity, packet);
    if (half) halves.push(half);
  }
  return halves;
}

/** The case identity out of halves that another holder laid bare; null where this key is no second one. */
export function openHalves(halves, identity) {
  return firstIdentity(halves, identity);
}
