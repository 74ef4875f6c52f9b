// age (https://age-encryption.org/v1) as this project uses it: binary files, X25519 recipients only.
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "../vendor/sealing.js";
import { pad, unpad } from "./padding.js";

/** A fresh key: {identity: "AGE-SECRET-KEY-1…", recipient: "age1…"}. */
export async function newIdentity() {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The recipient of an identity. */
export function recipientOf(identity) {
  return identityToRecipient(identity);
}

/** An age file of bytes to one recipient or several. */
export function encryptTo(recipients, data) {
  const age = new Encrypter();
  for (const one of [recipients].flat()) age.addRecipient(one);
  return age.encrypt(data);
}

/** What an age file holds; null where this identity does not open it, or where it was altered. */
export async function decryptWith(identity, sealed) {
  const age = new Decrypter();
  age.addIdentity(identity);
  try {
    return await age.decrypt(sealed, "uint8array");
  } catch {
    return null;
  }
}

/** Data padded for its purpose and sealed; throws `TooLong`. */
export function sealTo(recipients, data, purpose) {
  return encryptTo(recipients, pad(data, purpose));
}

/** The data that `sealTo` sealed, or null. */
export async function openWith(identity, sealed) {
  const padded = await decryptWith(identity, sealed);
  try {
    return padded && unpad(padded);
  } catch {
    return null;
  }
}
