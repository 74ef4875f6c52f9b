// An officer's key file: an age identity under a passphrase, armoured, so that `age -d` opens it too.
// Comment lines before the identity say when it was made, its public key and the root key of the commission's lists.
import { Decrypter, Encrypter } from "/static/vendor/sealing.js";
import { recipientOf } from "/static/sealing/sealing.js";
import { fromBase64, toBase64 } from "/static/sealing/wire.js";

const BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const END = "-----END AGE ENCRYPTED FILE-----";
const INTRO = "age-encryption.org/v1\n-> ";
const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]+$/gm;
const ROOT = /^# root key: ([A-Za-z0-9+/]{43}=)$/m;
/** Bytes of the largest file that is looked at: a key file has some hundred. */
export const LARGEST = 64 * 1024;

/** A file or passphrase that does not do; `code`: `plain`, `other`, `broken`, `passphrase`, `empty`. */
export class WrongKeyFile extends Error {
  constructor(code) {
    super(code);
    this.name = "WrongKeyFile";
    this.code = code;
  }
}

function armored(bytes) {
  return `${BEGIN}\n${toBase64(bytes).match(/.{1,64}/g).join("\n")}\n${END}\n`;
}

function unarmored(bytes) {
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, "").replace(/\r/g, "").trim();
  if (/AGE-SECRET-KEY-1/.test(text)) throw new WrongKeyFile("plain");
  if (!text.startsWith(BEGIN)) return bytes;
  if (!text.endsWith(END)) throw new WrongKeyFile("broken");
  try {
    return fromBase64(text.slice(BEGIN.length, -END.length).replace(/\s/g, ""));
  } catch {
    throw new WrongKeyFile("broken");
  }
}

/** {identity, recipient, root: the pinned root key or null} of a key file; throws `WrongKeyFile`. */
export async function readKeyFile(file, passphrase) {
  const bytes = unarmored(file);
  const head = new TextDecoder().decode(bytes.slice(0, INTRO.length + 7));
  if (!head.startsWith(INTRO)) throw new WrongKeyFile("other");
  if (!head.startsWith(`${INTRO}scrypt `)) throw new WrongKeyFile("other");
  if (!passphrase) throw new WrongKeyFile("empty");
  const age = new Decrypter();
  age.addPassphrase(passphrase);
  let text;
  try {
    text = await age.decrypt(bytes, "text");
  } catch {
    throw new WrongKeyFile("passphrase");
  }
  const found = text.match(IDENTITY) || [];
  if (found.length !== 1) throw new WrongKeyFile("other");
  try {
    return { identity: found[0], recipient: await recipientOf(found[0]), root: (text.match(ROOT) || [])[1] || null };
  } catch {
    throw new WrongKeyFile("broken");
  }
}

/** The text of a new key file. */
export async function makeKeyFile(identity, passphrase, { day, root }) {
  const lines = [`# created: ${day}`, `# public key: ${await recipientOf(identity)}`];
  if (root) lines.push(`# root key: ${root}`);
  const age = new Encrypter();
  age.setPassphrase(passphrase);
  return armored(await age.encrypt(`${[...lines, identity].join("\n")}\n`));
}
