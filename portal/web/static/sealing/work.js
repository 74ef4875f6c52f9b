// One stretch of the search for a proof of work. A general SHA-256 spends most of its time on making objects: here the
// blocks are laid out once, and only the digits of the nonce change. The library has the last word on what was found.
import { sha256 } from "../vendor/sealing.js";

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of 8.
const PRIMES = [];
for (let number = 2; PRIMES.length < 64; number += 1) if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const ROUND = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const schedule = new Int32Array(64);

// Takes one block of 64 bytes into the state.
function compress(state, view, at) {
  for (let n = 0; n < 16; n += 1) schedule[n] = view.getInt32(at + 4 * n);
  for (let n = 16; n < 64; n += 1) {
    const low = schedule[n - 15];
    const high = schedule[n - 2];
    const left = ((low >>> 7) | (low << 25)) ^ ((low >>> 18) | (low << 14)) ^ (low >>> 3);
    const right = ((high >>> 17) | (high << 15)) ^ ((high >>> 19) | (high << 13)) ^ (high >>> 10);
    schedule[n] = (schedule[n - 16] + left + schedule[n - 7] + right) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let n = 0; n < 64; n += 1) {
    const mixed = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + mixed + ((e & f) ^ (~e & g)) + ROUND[n] + schedule[n]) | 0;
    const other = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (other + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function zeroBits(digest) {
  let bits = 0;
  for (const byte of digest) {
    if (byte) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

// The blocks that end with a nonce of so many digits, ready to be hashed but for the digits themselves.
function laidOut(text, length) {
  const rest = text.length % 64;
  const size = Math.ceil((rest + length + 9) / 64) * 64;
  const view = new DataView(new ArrayBuffer(size));
  text.subarray(text.length - rest).forEach((byte, at) => view.setUint8(at, byte));
  view.setUint8(rest + length, 0x80);
  view.setUint32(size - 4, 8 * (text.length + length));
  return { view, rest, size };
}

/** The first nonce from `from` on, within `count` tries, that answers the challenge; null where none does. */
export function searched(challenge, bits, from, count) {
  const text = new TextEncoder().encode(`${challenge}:`);
  const begun = START.slice();
  const whole = new DataView(text.buffer, text.byteOffset, text.byteLength);
  for (let at = 0; at + 64 <= text.length; at += 64) compress(begun, whole, at);
  const state = new Int32Array(8);
  let blocks = null;
  for (let number = from; number < from + count; number += 1) {
    const nonce = String(number);
    if (blocks === null || blocks.length !== nonce.length) blocks = { ...laidOut(text, nonce.length), length: nonce.length };
    for (let at = 0; at < nonce.length; at += 1) blocks.view.setUint8(blocks.rest + at, nonce.charCodeAt(at));
    state.set(begun);
    for (let at = 0; at < blocks.size; at += 64) compress(state, blocks.view, at);
    const likely = Math.clz32(state[0]) >= Math.min(bits, 32);
    if (likely && zeroBits(sha256(new TextEncoder().encode(`${challenge}:${nonce}`))) >= bits) return nonce;
  }
  return null;
}
