// Shows what is missing: a summary whose links jump to the fields, and the sentence at each field.
import { element, fill, focusOn, part, root } from "./page.js";

let count = 0;

function idOf(control) {
  if (!control.id) {
    count += 1;
    control.id = `field-${count}`;
  }
  return control.id;
}

function jump(control) {
  const link = element("a");
  link.href = `#${idOf(control)}`;
  link.addEventListener("click", (event) => {
    event.preventDefault(); // The address stays as it is.
    control.focus();
    control.scrollIntoView({ block: "center" });
  });
  return link;
}

/** Take all marks away. */
export function clearProblems(form) {
  for (const told of form.querySelectorAll("[data-told]")) told.remove();
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    const others = (control.getAttribute("aria-describedby") || "").split(" ").filter((id) => !id.endsWith("-told"));
    if (others.join("")) control.setAttribute("aria-describedby", others.join(" "));
    else control.removeAttribute("aria-describedby");
  }
  part("problems").hidden = true;
}

// Before the group where there is one: a radio's own label is no place for a sentence.
function placeFor(control) {
  const inGroup = control.type === "radio" || control.type === "checkbox";
  const field = control.closest("[data-field]");
  if (inGroup && field) return field.querySelector("legend") || field.firstElementChild;
  return (control.labels && control.labels[0]) || control;
}

/** Show problems ([[control, sentence], …]) and put the focus on the summary. */
export function showProblems(form, problems) {
  clearProblems(form);
  fill(part("problem-list"), problems.map(([control, sentence]) => {
    const link = jump(control);
    link.textContent = sentence;
    const item = element("li");
    item.append(link);
    const told = element("p", sentence, "error");
    told.id = `${idOf(control)}-told`;
    told.dataset.told = "";
    placeFor(control).after(told);
    control.setAttribute("aria-invalid", "true");
    const described = [control.getAttribute("aria-describedby"), told.id].filter(Boolean);
    control.setAttribute("aria-describedby", described.join(" "));
    return item;
  }));
  const summary = part("problems", root);
  summary.hidden = false;
  focusOn(summary);
}
