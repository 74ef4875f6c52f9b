// The page where a filing receipt is checked, in the browser: nothing of it is sent anywhere. Contract with the HTML:
//
// #check-form with a fieldset #check-fields (disabled), textarea name=proof, input type=file name=proof_file
// parts    preparing (hidden: late.js shows it), failed > failed-why, told (role=status, hidden) > signature, content
// acts     retry, wipe
// words    failed-static failed-list failed-expired check-nothing check-malformed check-unsigned check-other{name}
//          check-good{day} content-good content-wrong content-missing
import { act, chineseDay, focusOn, hasWords, leave, part, reveal, root, say, settings, started, words } from "./page.js";
import { staticList } from "./ready.js";
import { commitment } from "./sealing.js";
import { verifyReceipt } from "./signed-note.js";
import { fromBase64, same } from "./wire.js";

const form = document.getElementById("check-form");
const LONGEST = 2_000_000;
let list = null;

async function getReady() {
  reveal("failed", false);
  reveal("preparing", true);
  try {
    list = await staticList();
    document.getElementById("check-fields").disabled = false;
  } catch (error) {
    say("failed-why", words(hasWords(`failed-${error.code}`) ? `failed-${error.code}` : "failed-list"));
    reveal("failed", true);
  }
  reveal("preparing", false);
}

// A proof file, or the receipt alone.
function parsed(text) {
  try {
    const { receipt, salt, content } = JSON.parse(text);
    return { receipt: String(receipt), salt, content };
  } catch {
    return { receipt: text };
  }
}

function contentWords({ salt, content }, found) {
  if (typeof salt !== "string" || typeof content !== "string") return words("content-missing");
  try {
    return words(same(commitment(fromBase64(salt), content), found.commitment) ? "content-good" : "content-wrong");
  } catch {
    return words("content-wrong");
  }
}

function tell(signature, content = "") {
  say("signature", signature);
  say("content", content);
  reveal("told", true);
  focusOn(part("told"));
}

function check() {
  const text = form.elements.proof.value.trim();
  if (!text) return tell(words("check-nothing"));
  const proof = parsed(text);
  let found;
  try {
    found = verifyReceipt(proof.receipt, list.receipt_key);
  } catch (error) {
    return tell(words(error.code === "unsigned" ? "check-unsigned" : "check-malformed"));
  }
  if (found.jurisdiction !== settings.jurisdiction) return tell(words("check-other", { name: list.name }));
  return tell(words("check-good", { day: chineseDay(found.day) }), contentWords(proof, found));
}

// What stood in the field before is not what is checked now.
async function take(file) {
  if (!file) return;
  form.elements.proof.value = "";
  try {
    if (file.size > LONGEST) throw new RangeError("no receipt is as long");
    form.elements.proof.value = await file.text();
  } catch {
    tell(words("check-malformed"));
    return;
  }
  check();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (list) check();
});
form.elements.proof_file.addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  await take(file);
  target.value = "";
});
root.addEventListener("dragover", (event) => event.preventDefault());
root.addEventListener("drop", (event) => {
  event.preventDefault();
  if (list && event.dataTransfer.files.length > 0) take(event.dataTransfer.files[0]);
});
act("retry", getReady);
act("wipe", leave);
window.addEventListener("pagehide", () => form.reset());
getReady();
started();
