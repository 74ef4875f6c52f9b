// Asking the office: JSON with the form's CSRF token, errors as the office's own sentence or one of the page.
import { root, words } from "/static/sealing/page.js";

/** The office refused, or could not be reached; `message` is a sentence for whoever is at the desk. */
export class Refused extends Error {
  constructor(message, status = 0) {
    super(message);
    this.name = "Refused";
    this.status = status;
  }
}

/** What an error is told as: the office's own sentence or one of the page, never a name out of the program. */
export function troubleOf(error) {
  if (error instanceof Refused) return error.message;
  return words({ TooLong: "too-long", Locked: "locked-now" }[error.name] || "trouble-answer");
}

/** An address under /reports/. */
export function at(path) {
  return root.dataset.base + path;
}

async function answered(url, options, read) {
  let answer;
  try {
    answer = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "manual", ...options });
  } catch {
    throw new Refused(words("trouble-network"));
  }
  if (answer.ok) return read(answer);
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401 || told.signed_out) throw new Refused(words("signed-out"), 401);
  throw new Refused(told.error || words("trouble-answer"), answer.status);
}

const JSON_WANTED = { Accept: "application/json" };

/** The JSON at an address under /reports/; throws `Refused`. */
export function getJson(path) {
  return answered(at(path), { headers: JSON_WANTED }, (answer) => answer.json());
}

/** The bytes at an address under /reports/; throws `Refused`. */
export function getBytes(path) {
  return answered(at(path), { headers: JSON_WANTED }, async (answer) => new Uint8Array(await answer.arrayBuffer()));
}

/** The page at an address, as a document; throws `Refused`. */
export function getPage(url) {
  const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  return answered(url, { headers: { Accept: "text/html" } }, read);
}

/** Send JSON and return the answer; throws `Refused`. */
export function postJson(path, data, { keepalive = false } = {}) {
  const token = document.querySelector('#report input[name="csrf_token"]').value;
  const headers = { ...JSON_WANTED, "Content-Type": "application/json", "X-CSRFToken": token };
  const options = { method: "POST", headers, body: JSON.stringify(data), keepalive };
  return answered(at(path), options, (answer) => answer.json());
}

/** 32 hexadecimal characters: what is sent twice under them is stored once. */
export function newToken() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What was chosen in a file input stands beside our own words for it: the browser's are in its own language.
function named(input) {
  const place = input.closest(".file") && input.closest(".file").querySelector("[data-chosen]");
  if (place) place.textContent = input.files.length ? input.files[0].name : place.dataset.none;
}
root.addEventListener("change", ({ target }) => {
  if (target.type === "file") named(target);
});
root.addEventListener("reset", ({ target }) => {
  setTimeout(() => target.querySelectorAll("input[type=file]").forEach(named));
});
