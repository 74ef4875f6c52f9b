// Searches for a proof of work beside the page: told {challenge, bits}, tells {tries} now and then, and {nonce} at last.
import { searched } from "./work.js";

const STRETCH = 20_000;

self.addEventListener("message", ({ data }) => {
  for (let from = 0; ; from += STRETCH) {
    const nonce = searched(data.challenge, data.bits, from, STRETCH);
    if (nonce !== null) {
      self.postMessage({ nonce });
      return;
    }
    self.postMessage({ tries: from + STRETCH });
  }
});
