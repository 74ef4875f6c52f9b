// The page's side of the worker that holds the key. Locking ends the worker: nothing secret is left anywhere.
const BEGINNINGS = ["unlock", "make", "check"]; // What needs no key yet; all else is of a worker that was unlocked.
let worker = null;
let count = 0;
const waiting = new Map();

/** The worker could not do it; `name` and `code` are those of the error there, `Locked` when it was ended meanwhile. */
export class VaultError extends Error {
  constructor({ name, code }) {
    super(name);
    this.name = name;
    this.code = code;
  }
}

function started() {
  const made = new Worker(new URL("./cases-worker.js", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data }) => {
    const { resolve, reject } = waiting.get(data.number) || {};
    waiting.delete(data.number);
    if (resolve) data.wrong ? reject(new VaultError(data.wrong)) : resolve(data.value);
  });
  made.addEventListener("error", () => forget({ name: "Broken", code: "" }));
  return made;
}

/** Ask the worker; throws `VaultError`, `Locked` where its key was taken away meanwhile. */
export async function ask(what, given = {}) {
  if (!worker && !BEGINNINGS.includes(what)) throw new VaultError({ name: "Locked", code: "" });
  worker = worker || started();
  count += 1;
  const number = count;
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject });
    worker.postMessage({ number, ask: what, given });
  });
}

/** End the worker and with it the key; whoever waits for an answer is told. */
export function forget(why = { name: "Locked", code: "" }) {
  if (worker) worker.terminate();
  worker = null;
  for (const { reject } of waiting.values()) reject(new VaultError(why));
  waiting.clear();
}
