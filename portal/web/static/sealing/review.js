// 核对: everything that was typed, who will be able to open it, and who will not. The reporter decides about those key
// holders whose name stands in the text; as long as nothing is said they cannot open it.
import { element, fill, hasWords, part, reveal, row, say, words } from "./page.js";
import { freeText } from "./reading.js";
import { NoRecipient, chooseRoute, concerned, mentioned } from "./routing.js";
import { dayInShanghai } from "./wire.js";

const SHOWN = [
  "record", "unit", "persons", "categories", "when", "where", "what", "consequence", "amount", "known_from",
  "reported_before", "reporter", "files",
];

/** The text of what somebody chose: the label of the box or option. */
function titleOf(form, name, value) {
  for (const control of form.elements) {
    if (control.name !== name) continue;
    if (control.tagName === "SELECT") return [...control.options].find((one) => one.value === value).textContent.trim();
    if (control.value === value && control.labels.length > 0) return control.labels[0].textContent.trim();
  }
  return value;
}

function texts(form, content, files) {
  const real = content.reporter;
  return {
    ...content,
    record: content.record ? `${content.record.title}\n${content.record.index_no}`.trim() : "",
    persons: content.persons.map((one) => [one.name, one.unit, one.post].filter(Boolean).join("，")).join("\n"),
    categories: content.categories.map((code) => titleOf(form, "categories", code)).join("\n"),
    known_from: content.known_from ? titleOf(form, "known_from", content.known_from) : "",
    reporter: real
      ? [real.name, real.phone, real.id_number, real.address].filter(Boolean).join("\n")
      : words("anonymous"),
    files: files.map((file) => file.label).join("\n"),
  };
}

function summary(form, content, files) {
  const told = texts(form, content, files);
  return SHOWN.filter((name) => told[name]).map((name) => {
    const line = row("summary");
    part("summary-name", line).textContent = words(`title-${name}`);
    part("summary-text", line).textContent = told[name]; // Line breaks are kept by the style sheet (pre-line).
    return line;
  });
}

function described(holder) {
  return words(holder.post ? "holder" : "holder-without-post", { name: holder.name, post: holder.post });
}

const people = (holders) => holders.map((holder) => element("li", described(holder)));

/** Offers the holders of a list as boxes named `concerned` (part `holders`): whoever is ticked cannot open the report. */
export function offerHolders(list) {
  fill("holders", list.holders.map((holder) => {
    const box = row("holder");
    box.querySelector("input").value = holder.id;
    part("holder-name", box).textContent = described(holder);
    return box;
  }));
}

/**
 * Shows the view. Returns {route(list)}: the route by what is chosen at this moment (throws `NoRecipient`); `changed` is
 * called with true or false, whether the report can be sent, now and after each choice.
 */
export function review(list, { form, content, files, ticked, changed }) {
  const text = freeText(content);
  const { unit, persons } = content;
  // Only those are asked about whom nothing but the text leaves out.
  const anyway = concerned(list, { unit, persons, ticked });
  const asked = mentioned(list, text).filter((holder) => !anyway.includes(holder.id));
  const cleared = new Set();

  function route(current = list) {
    return chooseRoute(current, { day: dayInShanghai(), unit, persons, ticked, text, cleared: [...cleared] });
  }

  function draw() {
    try {
      const found = route();
      const out = list.holders.filter((holder) => found.leftOut.includes(holder.id));
      fill("openers", people(found.openers));
      fill("left-out-list", people(out));
      reveal("left-out", out.length > 0);
      say("route", words(`route-${found.kind}`, { name: list.name }));
      say("opening", words(`opening-${found.opening / found.places}`));
      reveal("who", true);
      say("no-recipient");
      changed(true);
    } catch (error) {
      if (!(error instanceof NoRecipient)) throw error;
      reveal("who", false);
      say("no-recipient", words("no-recipient", { name: list.name }));
      changed(false);
    }
  }

  fill("summary", summary(form, content, files));
  reveal("mentioned", asked.length > 0);
  fill("mentioned-list", asked.map((holder) => {
    const choice = row("mentioned");
    part("holder-name", choice).textContent = described(holder);
    for (const button of choice.querySelectorAll("input")) {
      button.name = `mentioned-${holder.id}`;
      button.checked = button.value === "concerned";
      button.addEventListener("change", () => {
        if (button.value === "concerned") cleared.delete(holder.id);
        else cleared.add(holder.id);
        draw();
      });
    }
    return choice;
  }));
  draw();
  return { route };
}

/** Whether two routes are opened by the same holders in the same way. */
export function sameRoute(left, right) {
  const ids = (route) => [route.kind, route.opening, ...route.openers.map((holder) => holder.id)].join(" ");
  return ids(left) === ids(right);
}

/** The sentence why sealing is not possible now. */
export function notReady(code) {
  return words(hasWords(`failed-${code}`) ? `failed-${code}` : "failed-host");
}
