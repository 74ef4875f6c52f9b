// One's own key: made here, kept in a file under a passphrase, tried out, and only then its public half registered.
import { Refused, postJson } from "./cases-api.js";
import { ask, forget } from "./cases-vault.js";
import { act, focusOn, part, reveal, say, settings, words } from "/static/sealing/page.js";
import { dayInShanghai } from "/static/sealing/wire.js";

const LEAST = 12; // Characters, as on the command line: scrypt makes a guess slow, a short word would still be found.
const GOOD = 20;
const FEWEST = 5; // Different characters.
const LARGEST = 64 * 1024;
let made = null; // {text, recipient} between the download and the trial.

const length = (text) => [...text].length;

function flaw(text) {
  if (!text) return "none";
  if (length(text) < LEAST) return "short";
  if (new Set(text).size < FEWEST) return "simple";
  return text === text.trim() ? "" : "edge";
}

function strength(text) {
  const wrong = flaw(text);
  return words(`strength-${wrong || (length(text) >= GOOD ? "good" : "fair")}`, { n: LEAST - length(text) });
}

// Which root key signs the lists now: kept with the own key, it shows later whether somebody gives another one.
async function rootKey() {
  try {
    const answer = await fetch(settings.list, { credentials: "same-origin", headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).key : null;
  } catch {
    return null;
  }
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([made.text], { type: "application/octet-stream" }));
  link.download = made.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

part("make").addEventListener("input", ({ target }) => {
  if (target.name === "passphrase") part("strength").textContent = strength(target.value);
});

part("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { passphrase, again } = form.elements;
  say("make-told");
  const wrong = flaw(passphrase.value);
  if (wrong) {
    say("make-told", wrong === "none" ? words("make-empty") : strength(passphrase.value));
    return passphrase.focus();
  }
  if (passphrase.value !== again.value) {
    say("make-told", words("make-different"));
    return again.focus();
  }
  const button = form.querySelector("button");
  button.disabled = true;
  reveal("make-busy", true);
  const day = dayInShanghai();
  try {
    made = await ask("make", { passphrase: passphrase.value, day, root: await rootKey() });
    made.name = words("file-name", { name: settings.name, day });
    form.reset();
    part("strength").textContent = "";
    part("file-called").textContent = made.name;
    reveal("make", false);
    reveal("test", true);
    focusOn(part("test-title"));
    download();
  } catch {
    say("make-told", words("make-failed"));
  }
  button.disabled = false;
  reveal("make-busy", false);
  return undefined;
});

function testWrong(sentence, control) {
  say("test-told", sentence);
  control.focus();
}

part("test").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { file: input, passphrase } = form.elements;
  const [file] = input.files;
  say("test-told");
  if (!file) return testWrong(words("test-no-file"), input);
  if (file.size > LARGEST) return testWrong(words("unlock-other"), input);
  reveal("test-busy", true);
  form.querySelector('button[type="submit"]').disabled = true;
  try {
    const given = { file: new Uint8Array(await file.arrayBuffer()), passphrase: passphrase.value };
    const recipient = await ask("check", given);
    if (recipient !== made.recipient) testWrong(words("test-another"), input);
    else {
      await postJson("key", { recipient });
      say("key-done", words("key-registered", { tail: recipient.slice(-6) }));
      made = null;
      forget();
      form.reset();
      reveal("test", false);
      focusOn(part("key-done"));
    }
  } catch (error) {
    if (error instanceof Refused) testWrong(error.message, form.querySelector("button"));
    else testWrong(words(error.name === "WrongKeyFile" ? `unlock-${error.code}` : "trouble-answer"), passphrase);
  }
  form.querySelector('button[type="submit"]').disabled = false;
  reveal("test-busy", false);
  return undefined;
});

act("again", download);
window.addEventListener("beforeunload", (event) => {
  if (made === null) return;
  event.preventDefault();
  event.returnValue = "";
});
window.addEventListener("pagehide", () => {
  made = null;
  forget();
});
