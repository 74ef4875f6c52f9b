// One report fetched and opened by the worker, for pages that count what only the inside tells.
import { getJson } from "./cases-api.js";
import { VaultError, ask } from "./cases-vault.js";
import { key } from "./cases-unlock.js";

/**
 * {content} of a report, or {why}: `two` (another key must turn first), `shut`, `broken`, `gone`. That it was looked at is
 * written down by the office. Throws `Refused`, or a `VaultError` named Locked when the key was taken away meanwhile.
 */
export async function opened(id) {
  let found;
  try {
    found = await getJson(id);
  } catch (error) {
    if (error.status === 404) return { why: "gone" };
    throw error;
  }
  if (!key.open) throw new VaultError({ name: "Locked", code: "" }); // Asking now would start a worker without the key.
  const { grants, halves, body, case_key: caseKey, reporter_key: reporterKey } = found;
  if (!grants || !body) return { why: "gone" };
  let inside;
  try {
    inside = await ask("open", { id, grants, halves, body, caseKey, reporterKey });
  } catch (error) {
    if (error.name === "Locked" || error.name === "Broken") throw error;
    return { why: "broken" }; // Whoever seals a report chooses its bytes: one that is none must not stop the others.
  }
  if (inside.opened) return { content: inside.content };
  return { why: inside.broken ? "broken" : inside.turnable ? "two" : "shut" };
}
