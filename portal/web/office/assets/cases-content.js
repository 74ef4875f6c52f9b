// What a report says, made sure of before it is shown: whoever seals a report chooses every byte of it, and one that is no
// report must not keep the officers from the others.

const text = (value, most = 20_000) => (typeof value === "string" ? value.slice(0, most) : "");
const texts = (value, most) => (Array.isArray(value) ? value.filter((one) => typeof one === "string").slice(0, most) : []);
const held = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const named = (value, names) => Object.fromEntries(names.map((name) => [name, text(value[name], 300)]));
const LINES = ["jurisdiction", "channel", "when", "where", "consequence", "amount", "known_from", "reported_before"];

/** The content with every field of the kind that it must have; null where it is no report. */
export function sound(content) {
  if (!held(content) || !text(content.unit) || !text(content.what)) return null;
  const persons = Array.isArray(content.persons) ? content.persons.filter(held).slice(0, 20) : [];
  return {
    ...Object.fromEntries(LINES.map((name) => [name, text(content[name])])),
    unit: text(content.unit, 100),
    what: text(content.what),
    real_name: content.real_name === true,
    reporter: held(content.reporter) ? named(content.reporter, ["name", "phone", "id_number", "address"]) : null,
    record: held(content.record) ? named(content.record, ["index_no", "title"]) : null,
    persons: persons.map((one) => named(one, ["name", "unit", "post"])),
    categories: texts(content.categories, 20),
    left_out: texts(content.left_out, 16),
    route: content.route === "superior" ? "superior" : "own",
    attachments: Number.isInteger(content.attachments) ? content.attachments : 0,
  };
}
