// Lengths tell much: what is sealed is filled up to one of a few sizes (docs/sealing.md §4).

const KIB = 1024;
const BUCKETS = {
  report: [16, 64, 256, 1024],
  message: [16, 64, 256, 1024],
  note: [16, 64, 256, 1024],
  reply: [4, 8],
  attachment: [64, 256, 1024, 2048, 4096, 8192, 12288],
  routing: [2],
};

/** More than the largest size holds; `limit` is how many bytes would fit. */
export class TooLong extends Error {
  constructor(limit) {
    super(`longer than ${limit} bytes`);
    this.name = "TooLong";
    this.limit = limit;
  }
}

/** How many bytes fit into the largest size of a purpose. */
export function roomFor(purpose) {
  return BUCKETS[purpose][BUCKETS[purpose].length - 1] * KIB - 4;
}

/** 4 bytes of length, the data, zeros up to the next size; throws `TooLong`. */
export function pad(data, purpose) {
  const size = BUCKETS[purpose].map((kib) => kib * KIB).find((bucket) => data.length + 4 <= bucket);
  if (size === undefined) throw new TooLong(roomFor(purpose));
  const padded = new Uint8Array(size);
  new DataView(padded.buffer).setUint32(0, data.length);
  padded.set(data, 4);
  return padded;
}

/** What was padded; throws `RangeError` where it is not padded data. */
export function unpad(padded) {
  if (padded.length < 4) throw new RangeError("too short for a length");
  const length = new DataView(padded.buffer, padded.byteOffset, 4).getUint32(0);
  if (length > padded.length - 4) throw new RangeError("shorter than it says");
  if (padded.subarray(4 + length).some((byte) => byte !== 0)) throw new RangeError("something stands in the padding");
  return padded.slice(4, 4 + length);
}
