// The query code (docs/sealing.md §1): made here, read as people type it, and what is derived from it.
// It never goes into an address, a title, storage or a log.
import { bech32, hkdf, sha256 } from "../vendor/sealing.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 24;
const SALT = new TextEncoder().encode("sunshine-portal/query-code/v1");
// Spaces, every dash, the minus, the long-vowel mark that input methods put for a dash, and what cannot be seen.
const BETWEEN = "[\\s\\p{Pd}\\u2212\\u30fc\\u00ad\\u200b-\\u200d\\u2060\\ufeff]";
const SEPARATORS = new RegExp(BETWEEN, "gu");

/** What was typed is no query code; `code` is `length`, `character` or `check`. */
export class WrongCode extends Error {
  constructor(code) {
    super(`query code: ${code}`);
    this.name = "WrongCode";
    this.code = code;
  }
}

// Multiplication by x in GF(2^5) modulo x^5 + x^2 + 1.
function timesX(value) {
  const next = value << 1;
  return next & 32 ? next ^ 0b100101 : next;
}

function times(left, right) {
  let sum = 0;
  for (let factor = left, rest = right; rest; rest >>= 1, factor = timesX(factor)) if (rest & 1) sum ^= factor;
  return sum;
}

function checkOf(digits) {
  let power = 1;
  let sum = 0;
  for (const digit of digits) {
    power = timesX(power);
    sum ^= times(digit, power);
  }
  return sum;
}

/** A new code of 120 random bits: 24 characters and the check character, without dashes. */
export function newCode() {
  return codeOf(crypto.getRandomValues(new Uint8Array(15)));
}

/** The code that stands for 15 bytes. */
export function codeOf(bytes) {
  const digits = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      digits.push((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return [...digits, checkOf(digits)].map((digit) => ALPHABET[digit]).join("");
}

/** The code in groups, as it is shown: XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-C. */
export function shown(code) {
  return code.match(/.{1,4}/g).join("-");
}

function plain(text) {
  return text.normalize("NFKC").toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
}

/** The 25 characters that were meant; throws `WrongCode`. Nothing is asked of anybody. */
export function readCode(text) {
  const code = plain(text.replace(SEPARATORS, "")).replace(SEPARATORS, "");
  const digits = [...code].map((character) => ALPHABET.indexOf(character));
  if (digits.includes(-1)) throw new WrongCode("character");
  if (digits.length !== LENGTH + 1) throw new WrongCode("length");
  if (checkOf(digits.slice(0, LENGTH)) !== digits[LENGTH]) throw new WrongCode("check");
  return code;
}

const IN_TEXT = new RegExp(`(?:[0-9A-HJKMNP-TV-Z]{4}${BETWEEN}{0,3}){6}[0-9A-HJKMNP-TV-Z](?![0-9A-Z])`, "gu");

/** Whether a query code stands in a text: whoever reads the text could follow another report with it. */
export function codeInText(text) {
  const flat = plain(text);
  for (const { 0: found, index } of flat.matchAll(IN_TEXT)) {
    if (index > 0 && /[0-9A-Z]/.test(flat[index - 1])) continue; // Part of something longer.
    try {
      readCode(found);
      return true;
    } catch {
      // Looks like one, and is none.
    }
  }
  return false;
}

function bytesOf(code) {
  const bytes = new Uint8Array(15);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const character of code.slice(0, LENGTH)) {
    held = (held << 5) | ALPHABET.indexOf(character);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >> bits;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  return bytes;
}

/** What a code opens: {lookup: hex, identity: "AGE-SECRET-KEY-1…", binding: bytes, reply: bytes}. */
export function derive(code) {
  const secret = bytesOf(readCode(code));
  const part = (info) => hkdf(sha256, secret, SALT, new TextEncoder().encode(info), 32);
  return {
    lookup: Array.from(part("lookup"), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    identity: bech32.encodeFromBytes("age-secret-key-", part("identity")).toUpperCase(),
    binding: part("binding"),
    reply: part("reply"),
  };
}
