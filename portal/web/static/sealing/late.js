// Says so when the page's script never began: not loaded, or too new for this browser. A classic script in the oldest
// JavaScript, loaded before the driver. Parts: preparing, failed > failed-why; act: retry; words: failed-script.
(function () {
  "use strict";
  var PATIENCE = 15000;

  function find(selector) {
    return document.querySelector("#report " + selector);
  }

  function tell() {
    var root = document.getElementById("report");
    var failed = find("[data-part=failed]");
    var sentence = find("template[data-words=failed-script]");
    var again = find("[data-act=retry]");
    if (!root || root.hasAttribute("data-started") || !failed) return;
    if (sentence) find("[data-part=failed-why]").textContent = (sentence.content || sentence).textContent;
    if (again) again.onclick = function () { window.location.reload(); };
    if (find("[data-part=preparing]")) find("[data-part=preparing]").setAttribute("hidden", "");
    failed.removeAttribute("hidden");
  }

  // Where scripts run at all, the page is being made ready from now on.
  if (find("[data-part=preparing]")) find("[data-part=preparing]").removeAttribute("hidden");

  // A script that is missing says so at once; one that cannot be read says nothing at all.
  window.addEventListener("error", function (event) {
    if (!event.target || event.target.nodeName === "SCRIPT") tell();
  }, true);
  window.addEventListener("load", function () { window.setTimeout(tell, PATIENCE); });
})();
