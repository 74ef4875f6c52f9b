// The proof of work that a report host asks for (docs/sealing.md §7): it costs a phone seconds and a flood a fortune.
import { searched } from "./work.js";

const SLICE = 3000;

/** The share of the work that is probably done after `tries`; never quite 1, since luck decides. */
export function shareDone(tries, bits) {
  return 1 - Math.exp(-tries / 2 ** bits);
}

function cancelled() {
  return new DOMException("cancelled", "AbortError");
}

function inWorker(challenge, bits, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./challenge-worker.js", import.meta.url), { type: "module" });
    const stop = () => finish(reject, cancelled());
    function finish(settle, value) {
      worker.terminate();
      if (signal) signal.removeEventListener("abort", stop);
      settle(value);
    }
    if (signal) signal.addEventListener("abort", stop);
    worker.addEventListener("message", ({ data }) => {
      if (data.nonce !== undefined) finish(resolve, data.nonce);
      else progress(shareDone(data.tries, bits));
    });
    worker.addEventListener("error", () => finish(reject, new Error("no worker")));
    worker.postMessage({ challenge, bits });
  });
}

async function inSlices(challenge, bits, { progress, signal }) {
  for (let from = 0; ; from += SLICE) {
    if (signal && signal.aborted) throw cancelled();
    const nonce = searched(challenge, bits, from, SLICE);
    if (nonce !== null) return nonce;
    progress(shareDone(from + SLICE, bits));
    await new Promise((resolve) => setTimeout(resolve)); // The page stays alive.
  }
}

/** The nonce (text) that answers a challenge; rejects with an `AbortError` once `signal` is aborted. */
export async function solve(challenge, bits, { progress = () => {}, signal } = {}) {
  if (signal && signal.aborted) throw cancelled();
  if (typeof Worker === "function") {
    try {
      return await inWorker(challenge, bits, { progress, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error; // Otherwise no such worker here: slices do.
    }
  }
  return inSlices(challenge, bits, { progress, signal });
}
