// Pictures tell where and with what they were taken. What is not needed to draw them is dropped, without touching the
// picture itself: the compressed data stays as it is, byte for byte (docs/sealing.md §4). Which way is up is kept.
import { joined } from "./wire.js";

const ascii = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));

/** A file that begins like a picture and cannot be read as one: it must not pass for a cleaned one. */
export class BrokenPicture extends Error {
  constructor() {
    super("broken picture");
    this.name = "BrokenPicture";
  }
}

/** A kind of picture that is full of such things, and cannot be cleaned here: HEIC, AVIF, TIFF, raw files of cameras. */
export class UncleanablePicture extends BrokenPicture {
  constructor() {
    super();
    this.name = "UncleanablePicture";
  }
}

const BRANDS = /^....ftyp(hei[cxms]|hev[cxms]|mif[12]|msf1|avi[fs]|crx )/s;
const TIFFS = ["II*\0", "MM\0*", "II+\0", "MM\0+"];

function isUncleanable(bytes) {
  return BRANDS.test(ascii(bytes, 0, 12)) || TIFFS.includes(ascii(bytes, 0, 4));
}

/** "jpg", "png", "webp", or null for everything else. */
export function pictureKind(bytes) {
  if (bytes.length >= 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpg";
  if (bytes.length >= 8 && ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (bytes.length >= 12 && ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP") return "webp";
  return null;
}

// Where the next marker stands after the compressed data of a scan: neither stuffing nor a restart.
function afterScan(bytes, from) {
  for (let at = from; at + 1 < bytes.length; at += 1) {
    const next = bytes[at + 1];
    if (bytes[at] === 0xff && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw new BrokenPicture();
}

// Without its thumbnail.
const JFIF = Uint8Array.of(0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0);

function turned(orientation) {
  return Uint8Array.of(
    0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1,
    0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
  );
}

// A segment with nothing but the orientation that an Exif segment gives; nothing where it gives none or is cut short.
function upright(bytes, from, end) {
  const mark = ascii(bytes, from, Math.min(from + 10, end));
  const nothing = new Uint8Array();
  if (mark !== "Exif\0\0II*\0" && mark !== "Exif\0\0MM\0*") return nothing;
  const little = mark.includes("II");
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, end - from);
  try {
    const at = 6 + view.getUint32(10, little);
    const count = view.getUint16(at, little);
    for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
      const kind = view.getUint16(entry + 2, little);
      const many = view.getUint32(entry + 4, little);
      const value = view.getUint16(entry + 8, little);
      if (view.getUint16(entry, little) === 0x0112) {
        return kind === 3 && many === 1 && value >= 2 && value <= 8 ? turned(value) : nothing;
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return nothing;
}

function keptOfSegment(marker, bytes, at, end) {
  if (marker === 0xe1) return upright(bytes, at + 4, end);
  if (marker === 0xe0 && ascii(bytes, at + 4, at + 9) === "JFIF\0") return JFIF;
  if (marker === 0xee && ascii(bytes, at + 4, at + 9) === "Adobe") return bytes.subarray(at, end); // How colours are coded.
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe ? new Uint8Array() : bytes.subarray(at, end);
}

function cleanJpeg(bytes) {
  const parts = [bytes.subarray(0, 2)];
  let at = 2;
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1; // Fill bytes.
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === undefined || [0x00, 0x01, 0xd8].includes(marker)) throw new BrokenPicture();
    if (marker === 0xd9) return joined(...parts, bytes.subarray(at, at + 2)); // What follows the end is no picture.
    const end = at + 2 + (bytes[at + 2] << 8) + bytes[at + 3];
    if (!(end <= bytes.length) || end < at + 4) throw new BrokenPicture();
    parts.push(keptOfSegment(marker, bytes, at, end));
    at = end;
    if (marker === 0xda) {
      at = afterScan(bytes, end);
      parts.push(bytes.subarray(end, at));
    }
  }
}

const PNG_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "acTL", "fcTL", "fdAT"];

function cleanPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [bytes.subarray(0, 8)];
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + view.getUint32(at);
    const name = ascii(bytes, at + 4, at + 8);
    if (end > bytes.length) throw new BrokenPicture();
    if (PNG_CHUNKS.includes(name)) parts.push(bytes.subarray(at, end));
    else if (!(bytes[at + 4] & 0x20)) throw new BrokenPicture(); // Must be understood, and is not.
    if (name === "IEND") return joined(...parts);
    at = end;
  }
  throw new BrokenPicture();
}

const WEBP_CHUNKS = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF"];
const FRAME_CHUNKS = ["VP8 ", "VP8L", "ALPH"];
const NO_METADATA = 0xff ^ 0x20 ^ 0x08 ^ 0x04; // Flags of VP8X: colour profile, Exif, XMP.

function riffChunks(bytes, names) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw new BrokenPicture();
    const size = view.getUint32(at + 4, true);
    const name = ascii(bytes, at, at + 4);
    if (at + 8 + size > bytes.length) throw new BrokenPicture();
    if (names.includes(name)) found.push([name, bytes.slice(at + 8, at + 8 + size)]);
    at += 8 + size + (size & 1);
  }
  return found;
}

function riffChunk(name, held) {
  const chunk = new Uint8Array(8 + held.length + (held.length & 1));
  chunk.set([...name].map((one) => one.charCodeAt(0)));
  new DataView(chunk.buffer).setUint32(4, held.length, true);
  chunk.set(held, 8);
  return chunk;
}

function cleanFrame(held) {
  const inner = riffChunks(held.subarray(16), FRAME_CHUNKS).map(([name, data]) => riffChunk(name, data));
  return joined(held.subarray(0, 16), ...inner);
}

function cleanWebp(bytes) {
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
  if (size + 8 > bytes.length || size < 4) throw new BrokenPicture();
  const chunks = riffChunks(bytes.subarray(12, 8 + size), WEBP_CHUNKS).map(([name, held]) => {
    if (name === "VP8X") held[0] &= NO_METADATA;
    return riffChunk(name, name === "ANMF" ? cleanFrame(held) : held);
  });
  const whole = joined(bytes.subarray(0, 12), ...chunks);
  new DataView(whole.buffer).setUint32(4, whole.length - 8, true);
  return whole;
}

const CLEANERS = { jpg: cleanJpeg, png: cleanPng, webp: cleanWebp };

/** A picture without place, time, device, names and thumbnails; other files as they are. Throws `BrokenPicture`, `UncleanablePicture`. */
export function cleanPicture(bytes) {
  const kind = pictureKind(bytes);
  if (kind === null && isUncleanable(bytes)) throw new UncleanablePicture();
  return kind === null ? bytes : CLEANERS[kind](bytes);
}
