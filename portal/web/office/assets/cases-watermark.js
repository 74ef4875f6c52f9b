// The name of whoever looks and the day, faintly over an open report, on the screen and on paper.
const SVG = "http://www.w3.org/2000/svg";
const STEP = [260, 130];

function drawn(name, attributes, ...inside) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** A layer for an element that is positioned; it takes no clicks and is not read aloud. */
export function watermark(text) {
  const [width, height] = STEP;
  const words = drawn("text", { x: 12, y: height / 2, transform: `rotate(-18 ${width / 2} ${height / 2})` }, text);
  const pattern = drawn("pattern", { id: "watermark-pattern", width, height, patternUnits: "userSpaceOnUse" }, words);
  return drawn(
    "svg",
    { class: "watermark", "aria-hidden": "true", focusable: "false", width: "100%", height: "100%" },
    drawn("defs", {}, pattern),
    drawn("rect", { width: "100%", height: "100%", fill: "url(#watermark-pattern)" }),
  );
}
