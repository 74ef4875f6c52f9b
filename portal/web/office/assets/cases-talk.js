// Attachments (downloaded, never shown), the dialogue with the reporter, and the officers' notes.
import { getBytes, newToken, postJson, troubleOf } from "./cases-api.js";
import { ask } from "./cases-vault.js";
import { chineseDay, chineseSize, fill, part, reveal, row, say, words } from "/static/sealing/page.js";
import { codeInText } from "/static/sealing/codes.js";
import { toBase64 } from "/static/sealing/wire.js";

const REPLY_ROOM = 8 * 1024 - 4 - 160; // Bytes of the larger bucket without what stands around the text.
const bytes = (text) => new TextEncoder().encode(JSON.stringify(text)).length - 2;

function byline(one) {
  const day = chineseDay(one.day);
  if (one.side === "reporter") return words("by-reporter", { day });
  return one.by ? words("by-officer", { name: one.by, day }) : words("by-commission", { day });
}

function saidRow(one, found) {
  const made = row("said");
  made.className = one.side;
  part("by", made).textContent = byline(one);
  const approval = found && found.fields && found.fields.approval_no;
  const text = found && found.text !== null && found.text !== undefined ? found.text : words("said-unreadable");
  part("text", made).textContent = approval ? `${text}\n${words("note-approval", { text: approval })}` : text;
  if (found && found.genuine === false) say(part("doubt", made), words(one.kind === "message" ? "said-stranger" : "said-forged"));
  return made;
}

async function sealedOf(id, one) {
  return one.sealed || toBase64(await getBytes(`${id}/parts/${one.n}`));
}

const spokenOf = (report) => report.parts.filter((one) => one.kind !== "attachment");

/** The texts of dialogue and notes of an opened report, by their numbers. */
export async function textsOf(report) {
  const whole = await Promise.all(
    spokenOf(report).map(async (one) => ({ n: one.n, kind: one.kind, sealed: await sealedOf(report.id, one) })),
  );
  return ask("texts", { id: report.id, parts: whole });
}

/** Show dialogue, notes and attachments of an opened report; `found` as of `textsOf`. */
export function showTalk({ report }, found) {
  const spoken = spokenOf(report);
  const rows = (kinds) => spoken.filter((one) => kinds.includes(one.kind)).map((one) => saidRow(one, found[one.n]));
  const talk = rows(["message", "reply"]);
  const notes = rows(["note"]);
  fill("talk-list", talk);
  fill("note-list", notes);
  reveal("talk-none", talk.length === 0);
  reveal("notes-none", notes.length === 0);
  for (const name of ["reply", "note"]) reveal(name, report.may.handle);
  showLeft();
  showFiles(report);
}

function showFiles(report) {
  const files = report.parts.filter((one) => one.kind === "attachment");
  reveal("files", files.length > 0);
  fill("file-list", files.map((one, at) => {
    const made = row("file");
    const name = words("file-name", { n: at + 1 });
    part("name", made).textContent = name;
    const told = part("size", made);
    const size = words("file-size", { size: chineseSize(one.size), day: chineseDay(one.day) });
    told.textContent = size;
    told.setAttribute("role", "status");
    const button = made.querySelector("button");
    button.setAttribute("aria-label", `${button.textContent} ${name}`);
    button.addEventListener("click", async () => {
      told.textContent = words("file-getting");
      button.disabled = true;
      try {
        // Fetched even where it came along: taking it is written down.
        const sealed = await getBytes(`${report.id}/parts/${one.n}`);
        const file = await ask("attachment", { id: report.id, sealed });
        if (file) saved(file);
        told.textContent = file ? `${size}，${file.name}` : words("file-broken");
      } catch (error) {
        told.textContent = error.name === "Refused" ? error.message : words("file-broken");
      }
      button.disabled = false;
    });
    return made;
  }));
}

function saved({ name, data }) {
  const link = document.createElement("a");
  // As bytes of no kind: the browser saves them and shows nothing.
  link.href = URL.createObjectURL(new Blob([data], { type: "application/octet-stream" }));
  link.download = name.replace(/[^\p{L}\p{N}._-]/gu, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function showLeft() {
  const left = REPLY_ROOM - bytes(part("reply").elements.text.value);
  const chars = Math.ceil(Math.abs(left) / 3);
  part("reply-left").textContent = words(left < 0 ? "reply-over" : "reply-left", { chars });
  part("reply-left").classList.toggle("t-red", left < 0);
}

/** Write a note, sealed for the case, which is open. `fields` go along. */
export function sealNote(report, text, fields = {}) {
  return ask("note", { id: report.id, text, fields });
}

// What keeps a text from being sent is told beside it: it stays as it was typed.
function wrong(form, sentence) {
  say(part("wrong", form), sentence);
  form.elements.text.focus();
}

/** Let replies and notes be written. `current()` is the case on the page; `done(sentence)` reloads it and tells. */
export function writing({ current, done }) {
  const tokens = { reply: newToken(), note: newToken() };
  async function send(form, name, sealed, told) {
    const button = form.querySelector("button");
    button.disabled = true;
    say(part("wrong", form));
    try {
      await postJson(`${current().report.id}/${name}`, { token: tokens[name], ...(await sealed()) });
      tokens[name] = newToken();
      form.reset();
      await done(told);
    } catch (error) {
      wrong(form, troubleOf(error));
    }
    button.disabled = false;
    showLeft();
  }
  part("reply").addEventListener("input", showLeft);
  part("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const text = form.elements.text.value.trim();
    const { report } = current();
    if (!text) return wrong(form, words("reply-empty"));
    if (bytes(text) > REPLY_ROOM) return wrong(form, part("reply-left").textContent);
    if (codeInText(text)) return wrong(form, words("reply-code"));
    return send(form, "reply", () => ask("reply", { id: report.id, text }), words("reply-sent"));
  });
  part("note").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const text = form.elements.text.value.trim();
    const { report } = current();
    if (!text) return wrong(form, words("note-empty"));
    return send(form, "note", async () => ({ sealed: await sealNote(report, text) }), words("note-saved"));
  });
}

