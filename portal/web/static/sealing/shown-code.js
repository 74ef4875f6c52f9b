// A query code as it is written down, and as a picture to photograph.
import { qr } from "../vendor/sealing.js";
import { shown } from "./codes.js";
import { element, part, words } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";

function picture(text) {
  const { data, size } = qr(text, { ecc: "M", border: 2 });
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${size} ${size}`);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", words("qr-label"));
  const paper = document.createElementNS(SVG, "path");
  paper.setAttribute("fill", "#fff");
  paper.setAttribute("d", `M0 0h${size}v${size}h-${size}z`);
  const ink = document.createElementNS(SVG, "path");
  ink.setAttribute("fill", "#000");
  ink.setAttribute("shape-rendering", "crispEdges");
  ink.setAttribute("d", data.flatMap((line, y) => line.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join(""));
  drawing.append(paper, ink);
  return drawing;
}

/** Put a query code into the parts `code` and `qr`. Each group is a piece of its own, so that no line breaks inside one. */
export function showCode(code) {
  const groups = shown(code).split("-").map((group) => element("span", group, "nw"));
  part("code").replaceChildren(...groups.flatMap((group, at) => (at ? ["-", document.createElement("wbr"), group] : [group])));
  part("qr").replaceChildren(picture(shown(code)));
}
