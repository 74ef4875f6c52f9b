// From the checked text to the host's receipt: seal, work, send. What was sealed is kept until the host has answered:
// whatever happens on the way, the same sealed report is sent again, and nothing is filed twice.
import { solve } from "./challenge.js";
import { newCode } from "./codes.js";
import { hostUrl } from "./page.js";
import { startAt } from "./ready.js";
import { sameRoute } from "./review.js";
import { NoRecipient } from "./routing.js";
import { sealReport } from "./sealing.js";
import { askJson, dayInShanghai, toBase64 } from "./wire.js";

const STALE = ["old_challenge", "spent_challenge", "bad_challenge", "no_work"];
const ROUNDS = 3;

/** A newer key list changes who can open: the reporter must see it first. `list` is the new one. */
export class RouteChanged extends Error {
  constructor(list) {
    super("route changed");
    this.name = "RouteChanged";
    this.list = list;
  }
}

function message(sealed, start, nonce) {
  const { parts } = sealed;
  return {
    serial: sealed.serial,
    grants: toBase64(parts.grants),
    body: toBase64(parts.body),
    routing: toBase64(parts.routing),
    case_key: parts.caseKey,
    reporter_key: parts.reporterKey,
    binding: toBase64(parts.binding),
    commitment: toBase64(parts.commitment),
    lookup: parts.lookup,
    challenge: start.challenge,
    nonce,
  };
}

/** One report on its way. */
export class Delivery {
  constructor() {
    this.code = newCode();
    this.sealed = null; // What is sent, again and again until there is an answer.
    this.sent = false; // The host may have got it, even where no answer came back.
    this.earlier = null; // What was perhaps filed before the text was changed.
  }

  /** The text is changed after all: what comes next is sealed anew, under the same code. */
  reopen() {
    if (this.sent && this.earlier === null) this.earlier = this.sealed;
    this.sealed = null;
    this.sent = false;
  }

  async seal(list, content, agreed, route) {
    let found = null;
    try {
      found = route(list);
    } catch (error) {
      if (!(error instanceof NoRecipient)) throw error;
    }
    if (found === null || !sameRoute(found, agreed)) throw new RouteChanged(list);
    const day = dayInShanghai();
    const whole = { ...content, left_out: found.leftOut, route: found.kind };
    return { serial: list.serial, list, parts: await sealReport(list, whole, { day, code: this.code, route: found }) };
  }

  /**
   * {answer, sealed, earlier}: the host's answer, what was sealed ({serial, list, parts}), and whether it was the text of an
   * earlier try that had arrived. `known` is the list that was verified; `agreed` the route that the reporter saw and `route(list)`
   * finds. `step` is told `sealing`, `work`, `sending`; `progress` a share of the work. Once `sending`, it is not stopped.
   */
  async send(known, { content, agreed, route, step, progress, signal }) {
    for (let round = 1; ; round += 1) {
      step("sealing");
      const start = await startAt(known, { signal });
      if (this.sealed === null) this.sealed = await this.seal(start.list, content, agreed, route);
      step("work");
      const nonce = await solve(start.challenge, start.bits, { progress, signal });
      step("sending");
      this.sent = true;
      try {
        const answer = await askJson(hostUrl("reports"), { data: message(this.sealed, start, nonce), timeout: 90_000 });
        return { answer, sealed: this.sealed, earlier: this.sealed === this.earlier };
      } catch (error) {
        if (round === ROUNDS || !this.mended(error.code)) throw error;
      }
    }
  }

  // Whether another round can do better after a refusal.
  mended(code) {
    if (STALE.includes(code)) return true;
    if (code === "old_key_list") {
      this.sealed = null;
      return true;
    }
    if (code !== "lookup_taken") return false;
    if (this.earlier === null) this.code = newCode(); // Somebody else's: out of 2^120 codes.
    this.sealed = this.earlier;
    return true;
  }
}
