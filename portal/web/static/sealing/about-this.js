// 举报此项: hands on what a record's page is about to the form, in the name of the window: an address would stay in the history
// of the browser and in the logs of servers, and storage on the disk. The form takes it and empties the name. Without
// scripts nothing is handed on.
(function () {
  "use strict";
  var link = document.querySelector("a.report[data-item]");
  if (!link) return;
  link.addEventListener("click", function () {
    window.name = "report:" + JSON.stringify({
      item: link.getAttribute("data-item"),
      title: link.getAttribute("data-title"),
      unit: link.getAttribute("data-unit")
    });
  });
})();
