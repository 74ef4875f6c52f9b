// Ticking a whole page, and saying how many are ticked. Without this every box is ticked by hand and all works.
const form = document.getElementById("bulk");
if (form) {
  const boxes = [...form.querySelectorAll('input[name="pick"]')];
  const place = form.querySelector("[data-all]");
  const told = form.querySelector("[data-count]");
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", "全选本页");
  place.append(all);
  place.hidden = false;
  const count = () => {
    const ticked = boxes.filter((one) => one.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    told.textContent = ticked ? `已勾选 ${ticked} 件。` : "";
  };
  all.addEventListener("change", () => {
    for (const one of boxes) one.checked = all.checked;
    count();
  });
  form.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
}
