// Files on their way to the report host: sealed one at a time, sent one at a time, each again if it failed.
import { fill, hostUrl, part, row, say, troubleWith, words } from "./page.js";
import { sealAttachment } from "./sealing.js";
import { random, toHex, upload } from "./wire.js";

/** Send something sealed under a lookup; `id` makes sure that twice sent is once stored. */
export function sendPart({ lookup, kind, id, sealed }, how) {
  return upload(hostUrl("parts"), { lookup, kind, id, sealed }, how);
}

/** A new id of a part. */
export function partId() {
  return toHex(random(16));
}

/**
 * Upload files to a case, showing a row `attachment` each in the list `where`: name, progress, state, a button for another
 * try; the part `attachments-head` says when all are there. `first` is the number of the first file. Returns {pending(), failed(), stop()}; `done` is called after each success.
 */
export function uploads(where, files, { caseKey, lookup, first = 1, done = () => {} }) {
  const limit = new AbortController();
  const jobs = files.map((file, at) => ({ file, number: first + at, id: partId(), state: "waiting", shown: row("attachment") }));
  const head = part("attachments-head");
  head.dataset.going = head.dataset.going || head.textContent;
  head.textContent = head.dataset.going; // A batch before this one said that it was done.
  let running = false;

  function tell(job, state, values = {}) {
    job.state = state;
    part("attachment-state", job.shown).textContent = words(`upload-${state}`, values);
    part("attachment-retry", job.shown).hidden = state !== "failed";
    job.shown.dataset.state = state;
  }

  async function send(job) {
    const bar = job.shown.querySelector("progress");
    try {
      tell(job, "sealing");
      job.sealed = job.sealed || (await sealAttachment(caseKey, { ...job.file, number: job.number }));
      job.file = { label: job.file.label }; // The plain bytes are no longer needed.
      tell(job, "sending");
      const progress = (share) => {
        bar.value = share;
      };
      await sendPart({ lookup, kind: "attachment", id: job.id, sealed: job.sealed }, { progress, signal: limit.signal });
      job.sealed = null;
      bar.value = 1;
      tell(job, "done");
      done();
    } catch (error) {
      if (!limit.signal.aborted) tell(job, "failed", { why: troubleWith(error) });
    }
  }

  async function run() {
    if (running) return;
    running = true;
    for (let job = next(); job && !limit.signal.aborted; job = next()) await send(job);
    running = false;
    if (jobs.length > 0 && jobs.every((job) => job.state === "done")) say(head, words("attachments-done"));
  }

  const next = () => jobs.find((job) => job.state === "waiting");
  for (const job of jobs) {
    part("attachment-name", job.shown).textContent = words("attachment", { number: job.number, name: job.file.label });
    job.shown.querySelector("progress").setAttribute("aria-label", job.file.label);
    part("attachment-retry", job.shown).addEventListener("click", () => {
      tell(job, "waiting");
      run();
    });
    tell(job, "waiting");
  }
  fill(where, jobs.map((job) => job.shown));
  run();
  return {
    pending: () => jobs.some((job) => !["done", "failed"].includes(job.state)),
    failed: () => jobs.some((job) => job.state === "failed"),
    stop: () => limit.abort(),
  };
}
