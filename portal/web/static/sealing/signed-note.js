// The filing receipt (docs/sealing.md §6): a C2SP signed note by the report host.
import { ed25519, sha256 } from "../vendor/sealing.js";
import { fromBase64, joined, same } from "./wire.js";

const FORMAT = "sunshine-portal/filing-receipt/v1";
const ED25519 = 1;

/** A receipt that is none; `code`: `malformed` or `unsigned`. */
export class BadReceipt extends Error {
  constructor(code) {
    super(`receipt: ${code}`);
    this.name = "BadReceipt";
    this.code = code;
  }
}

/** {jurisdiction, day, commitment} of a receipt signed by `key` ({name, key: b64}); throws `BadReceipt`. */
export function verifyReceipt(text, key) {
  const note = text.replace(/\r\n?/g, "\n").trim() + "\n";
  const edge = note.lastIndexOf("\n\n");
  if (edge < 0) throw new BadReceipt("malformed");
  const signed = note.slice(0, edge + 1);
  const lines = signed.split("\n");
  if (lines.length !== 5 || lines[0] !== FORMAT || !/^\d{4}-\d{2}-\d{2}$/.test(lines[2])) throw new BadReceipt("malformed");
  let found;
  let root;
  try {
    found = { jurisdiction: lines[1], day: lines[2], commitment: fromBase64(lines[3]) };
    root = fromBase64(key.key);
  } catch {
    throw new BadReceipt("malformed");
  }
  if (found.commitment.length !== 32) throw new BadReceipt("malformed");
  const encoder = new TextEncoder();
  const hash = sha256(joined(encoder.encode(`${key.name}\n`), Uint8Array.of(ED25519), root)).slice(0, 4);
  const good = note.slice(edge + 2).trim().split("\n").some((line) => {
    const [dash, name, sealed, ...more] = line.split(" ");
    if (dash !== "—" || name !== key.name || more.length > 0) return false;
    try {
      const bytes = fromBase64(sealed);
      if (bytes.length !== 68 || !same(bytes.slice(0, 4), hash)) return false;
      return ed25519.verify(bytes.slice(4), encoder.encode(signed), root, { zip215: false });
    } catch {
      return false;
    }
  });
  if (!good) throw new BadReceipt("unsigned");
  return found;
}
