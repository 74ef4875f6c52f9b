// Unlocking and locking: the panel, what the key list says of the key, and the lock that falls by itself.
import { LARGEST } from "./cases-keyfile.js";
import { at } from "./cases-api.js";
import { ask, forget } from "./cases-vault.js";
import { act, chineseDay, part, reveal, root, say, settings, words } from "/static/sealing/page.js";
import { verifyList } from "/static/sealing/keylist.js";
import { dayInShanghai } from "/static/sealing/wire.js";

const IDLE = 15 * 60_000; // Milliseconds without a key or a click until the lock falls.
const WARNED = 60_000; // How long before that it is said.
const SOON = 30; // Days before a key's end from which it is said.

export const key = { recipient: null, root: null, open: false };
const watchers = { unlocked: [], locked: [] };
let idle = null;
let warning = null;

/** Call `handler` when the key is there ("unlocked"), or was taken away ("locked"). */
export function when(event, handler) {
  watchers[event].push(handler);
}

/** The verified list of a jurisdiction; throws where its signature or its days are wrong. `slug` null: the own one. */
export async function keyList(slug = null) {
  const url = slug ? `${at("list.json")}?for=${encodeURIComponent(slug)}` : settings.list;
  const answer = await fetch(url, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no list");
  const raw = await answer.text();
  const file = JSON.parse(raw);
  const { jurisdiction } = JSON.parse(file.list);
  // The root key of one's own commission is pinned by one's key file where that names one; else by the page.
  const own = jurisdiction === settings.jurisdiction;
  const pinned = (own && (key.root || settings.rootKey)) || file.key;
  if (slug && jurisdiction !== slug) throw new Error("another list");
  return verifyList(raw, pinned, { jurisdiction, today: dayInShanghai() });
}

/** Why there is no list to seal by: that one is missing or too old is no reason to speak of fraud. */
export function listTrouble(error) {
  if (error.name !== "ListRefused") return words("list-none");
  return words(error.code === "expired" ? "list-expired" : "list-wrong");
}

function ownerOf(list) {
  for (const holder of list.holders) {
    const found = holder.keys.find((one) => one.recipient === key.recipient);
    if (found) return { holder, until: found.until };
  }
  return null;
}

async function told() {
  const tail = key.recipient.slice(-6);
  say("unlocked-key", words("unlocked-stranger", { tail }));
  say("key-doubt");
  let list;
  try {
    list = await keyList();
  } catch (error) {
    if (error.name === "ListRefused" && error.code !== "expired") say("key-doubt", words("list-wrong"));
    return;
  }
  const owner = ownerOf(list);
  if (!owner) {
    say("key-doubt", words("key-unlisted"));
    return;
  }
  say("unlocked-key", words("unlocked-key", { name: owner.holder.name, tail }));
  const left = Math.round((Date.parse(owner.until) - Date.parse(dayInShanghai())) / 86_400_000);
  const day = chineseDay(owner.until);
  if (settings.holder && owner.holder.id !== settings.holder) say("key-doubt", words("key-other", { name: owner.holder.name }));
  else if (left < 0) say("key-doubt", words("key-ended", { day }));
  else if (left <= SOON) say("key-doubt", words("key-ending", { day, left }));
}

function busy(on) {
  reveal("unlock-busy", on);
  part("unlock-go").disabled = on;
}

async function unlock(form) {
  const [file] = form.elements.file.files;
  const passphrase = form.elements.passphrase.value;
  say("unlock-told");
  if (!file) return refuse("no-file", form.elements.file);
  if (file.size > LARGEST) return refuse("big", form.elements.file);
  busy(true);
  try {
    const given = { file: new Uint8Array(await file.arrayBuffer()), passphrase };
    Object.assign(key, await ask("unlock", given), { open: true });
  } catch (error) {
    forget();
    const known = error.name === "WrongKeyFile";
    return refuse(known ? error.code : "failed", form.elements[known && /^(passphrase|empty)$/.test(error.code) ? "passphrase" : "file"]);
  } finally {
    busy(false);
  }
  form.reset();
  shown(true);
  stir();
  part("unlocked").querySelector("button").focus();
  for (const handler of watchers.unlocked) handler();
  return told();
}

function refuse(code, control) {
  say("unlock-told", words(`unlock-${code}`));
  control.focus();
}

function shown(open) {
  reveal("locked", !open);
  reveal("unlocked", open);
}

/** Take the key away; `why` is told. */
export function lock(why = "locked-now") {
  if (!key.open) return;
  Object.assign(key, { recipient: null, root: null, open: false });
  forget();
  clearTimeout(idle);
  clearTimeout(warning);
  reveal("lock-soon", false);
  shown(false);
  for (const handler of watchers.locked) handler();
  say("unlock-told", words(why));
}

function stir() {
  if (!key.open) return;
  clearTimeout(idle);
  clearTimeout(warning);
  reveal("lock-soon", false);
  idle = setTimeout(() => lock("auto-locked"), IDLE);
  warning = setTimeout(() => reveal("lock-soon", true), IDLE - WARNED);
}

part("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  unlock(event.target);
});
act("lock", () => {
  lock();
  part("unlock").elements.file.focus();
});
for (const name of ["keydown", "pointerdown", "input"]) root.addEventListener(name, stir, { passive: true });
// What the browser keeps of a page that was left must not open by going back.
window.addEventListener("pagehide", () => lock());
