// The receipt: the query code, to write down, print or photograph; the signed proof of filing; the attachments' progress.
import { readCode } from "./codes.js";
import { act, chineseDay, leave, part, reveal, say, show, words } from "./page.js";
import { showCode } from "./shown-code.js";
import { verifyReceipt } from "./signed-note.js";
import { uploads } from "./uploads.js";
import { same, toBase64 } from "./wire.js";

function compareCopy(code) {
  const typed = part("copied");
  if (!typed) return;
  typed.addEventListener("input", () => {
    if (!typed.value.trim()) say("copied-told");
    else {
      try {
        say("copied-told", words(readCode(typed.value) === code ? "copied-right" : "copied-other"));
      } catch (error) {
        say("copied-told", words(error.code === "length" ? "copied-short" : "copied-wrong"));
      }
    }
  });
}

function proofOf({ answer, sealed }) {
  return JSON.stringify(
    {
      format: "sunshine-portal/filing-proof/v1",
      receipt: answer.receipt,
      salt: toBase64(sealed.parts.salt),
      content: sealed.parts.contentText,
    },
    null,
    1,
  );
}

// Some browsers of phones drop files that are made in memory: the same text can be copied.
function showProof(told) {
  const proof = proofOf(told);
  part("proof-text").value = proof;
  const link = part("proof-download");
  link.href = URL.createObjectURL(new Blob([proof], { type: "application/json" }));
  link.download = words("proof-name") || "note.json";
}

function isGenuine({ answer, sealed }) {
  try {
    const found = verifyReceipt(answer.receipt, sealed.list.receipt_key);
    return found.day === answer.day && same(found.commitment, sealed.parts.commitment);
  } catch {
    return false;
  }
}

/** Show the receipt of what was filed, and send the files after it. Returns {saved()}: whether one may leave. */
export function receipt({ code, filed, files }) {
  const { answer, sealed } = filed;
  showCode(code);
  compareCopy(code);
  showProof(filed);
  say("received-on", chineseDay(answer.day));
  say("accept-by", answer.accept_by ? words("accept-by", { day: chineseDay(answer.accept_by) }) : words("accept-by-unknown"));
  say("receipt-wrong", isGenuine(filed) ? "" : words("receipt-wrong"));
  say("earlier-arrived", filed.earlier ? words("earlier-arrived") : "");
  part("receipt-text").value = answer.receipt;
  // What was changed after it had arrived: files belong to the case all the same.
  const sending = uploads("attachments", files, { caseKey: sealed.parts.caseKey, lookup: sealed.parts.lookup });
  reveal("attachments-head", files.length > 0);
  show("receipt");

  const saved = part("saved");
  saved.checked = false;
  let warned = false;
  act("print", () => window.print());
  act("finish", () => {
    if (!saved.checked) say("leave-told", words("leave-unsaved"));
    else if (sending.pending()) say("leave-told", words("leave-sending"));
    else if (sending.failed() && !warned) {
      warned = true;
      say("leave-told", words("leave-failed"));
    } else leave();
    if (!saved.checked) saved.focus();
  });
  return { saved: () => saved.checked && !sending.pending() };
}
