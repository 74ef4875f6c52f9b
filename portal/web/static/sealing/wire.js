// Bytes as text and back, and talking to the report host: without cookies, without a referrer, never for ever.

const CHUNK = 0x8000;

/** Standard base64 with padding. */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** The bytes of standard base64; throws where it is not. */
export function fromBase64(text) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) throw new RangeError("not base64");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Lower-case hexadecimal. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One array of all the bytes given. */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two arrays hold the same bytes. */
export function same(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** `length` random bytes. */
export function random(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** The day in Shanghai, YYYY-MM-DD: no summer time there since 1991. */
export function dayInShanghai(at = Date.now()) {
  return new Date(at + 8 * 3600_000).toISOString().slice(0, 10);
}

/** The host refused, or could not be reached: `code` is the host's, or `network`, `timeout`, `answer`, `cancelled`. */
export class WireError extends Error {
  constructor(code, { status = 0, words = "" } = {}) {
    super(`report host: ${code}`);
    this.name = "WireError";
    this.code = code;
    this.status = status;
    this.words = words;
  }
}

function refusal(status, text) {
  try {
    const told = JSON.parse(text);
    return new WireError(String(told.error || "answer"), { status, words: String(told.words || "") });
  } catch {
    return new WireError("answer", { status });
  }
}

const QUIET = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", redirect: "error" };

async function asked(url, { body, timeout, signal }) {
  const limit = new AbortController();
  let late = false;
  const clock = setTimeout(() => {
    late = true;
    limit.abort();
  }, timeout);
  const stop = () => limit.abort();
  if (signal) signal.addEventListener("abort", stop);
  try {
    if (signal && signal.aborted) throw new WireError("cancelled");
    const sent = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body };
    const answer = await fetch(url, { ...QUIET, ...sent, signal: limit.signal });
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, text);
    return { status: answer.status, text };
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(late ? "timeout" : signal && signal.aborted ? "cancelled" : "network");
  } finally {
    clearTimeout(clock);
    if (signal) signal.removeEventListener("abort", stop);
  }
}

/** The text at an address. */
export async function getText(url, { timeout = 20_000, signal } = {}) {
  return (await asked(url, { timeout, signal })).text;
}

/** The JSON at an address, or the answer to `data` posted as JSON; throws `WireError`. */
export async function askJson(url, { data, timeout = 30_000, signal } = {}) {
  const body = data === undefined ? undefined : JSON.stringify(data);
  const { text } = await asked(url, { body, timeout, signal });
  try {
    return JSON.parse(text);
  } catch {
    throw new WireError("answer");
  }
}

/** Post fields (bytes become files) as multipart; `progress` is told shares from 0 to 1; answers the JSON. */
export function upload(url, fields, { progress = () => {}, stall = 60_000, signal } = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Uint8Array) form.append(name, new Blob([value], { type: "application/octet-stream" }), name);
    else form.append(name, value);
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let clock;
    let late = false;
    // A slow line is no failure; a line on which nothing moves is.
    const moving = () => {
      clearTimeout(clock);
      clock = setTimeout(() => {
        late = true;
        request.abort();
      }, stall);
    };
    const stop = () => request.abort();
    const done = () => {
      clearTimeout(clock);
      if (signal) signal.removeEventListener("abort", stop);
    };
    request.upload.addEventListener("progress", (event) => {
      moving();
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      done();
      if (request.status < 200 || request.status > 299) reject(refusal(request.status, request.responseText));
      else {
        try {
          resolve(JSON.parse(request.responseText));
        } catch {
          reject(new WireError("answer", { status: request.status }));
        }
      }
    });
    request.addEventListener("error", () => {
      done();
      reject(new WireError("network"));
    });
    request.addEventListener("abort", () => {
      done();
      reject(new WireError(late ? "timeout" : "cancelled"));
    });
    request.open("POST", url);
    if (signal) signal.addEventListener("abort", stop);
    moving();
    request.send(form);
  });
}
