// Keeps the display settings from page to page, in this browser alone. Without it they hold for the open page.
(function () {
  "use strict";
  var boxes = document.querySelectorAll(".view input");
  function each(act) {
    try {
      for (var i = 0; i < boxes.length; i += 1) act(boxes[i], "show-" + boxes[i].id);
    } catch (error) {
      // The reader's browser keeps nothing: so do we.
    }
  }
  function recall() {
    each(function (box, key) { box.checked = localStorage.getItem(key) === "1"; });
  }
  function keep() {
    each(function (box, key) {
      if (box.checked) localStorage.setItem(key, "1");
      else localStorage.removeItem(key);
    });
  }
  recall();
  window.addEventListener("pageshow", recall);
  each(function (box) { box.addEventListener("change", keep); });
})();
