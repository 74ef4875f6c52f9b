// Filling in a disclosure: saves by itself, adds and removes rows, tells at once what is wrong. Everything works without it.
(function () {
  "use strict";
  var form = document.getElementById("writing");
  if (!form || !window.fetch || !form.dataset.autosave) return;
  var WAIT = 2000, AGAIN = 15000, WARN = 300;
  var trouble = document.getElementById("trouble"), status = document.getElementById("status"), saved = document.getElementById("saved");
  var changes = 0, kept = 0, shape = 0, timer = null, flying = null, stopped = false, leaving = false;
  var toldFromStart = !!document.querySelector(".err-sum"), touched = new Set();
  var ends = form.dataset.session ? Date.now() + 1000 * Number(form.dataset.session) : null, warned = false;

  function make(tag, name, text) {
    var one = document.createElement(tag);
    if (name) one.className = name;
    if (text) one.textContent = text;
    return one;
  }

  function tell(text, link, word) {
    trouble.textContent = "";
    if (text) {
      trouble.append(make("p", "", text));
      if (link) {
        var a = make("a", "", word);
        a.href = link;
        trouble.lastChild.append(" ", a);
      }
    }
    trouble.hidden = !text;
  }

  // Saving

  function changed() {
    changes += 1;
    saved.textContent = "有改动，尚未保存";
    schedule(WAIT);
  }

  function schedule(wait) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, wait);
  }

  function save() {
    clearTimeout(timer);
    if (stopped || flying || changes === kept) return flying || Promise.resolve();
    var at = changes, shaped = shape;
    flying = fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "manual" })
      .then(function (answer) {
        return answer.json().then(function (said) { return { code: answer.status, said: said }; });
      })
      .then(function (got) { take(got, at, shaped); })
      .catch(function () {
        tell("没有存上：网络或服务器暂时不通。您填写的内容仍在本页，请不要关闭页面，稍后会自动再存。");
        schedule(AGAIN);
      })
      .then(function () {
        flying = null;
        if (!stopped && changes !== kept && changes !== at) schedule(WAIT);
      });
    return flying;
  }

  function take(got, at, shaped) {
    var said = got.said;
    if (got.code === 200) {
      kept = at;
      form.elements.revision.value = said.revision;
      ends = Date.now() + 1000 * said.seconds;
      warned = false;
      tell("");
      saved.textContent = changes === at ? "草稿 " + said.saved_at + " 已保存" : "有改动，尚未保存";
      if (shape === shaped) show(said);
      return;
    }
    if (got.code === 409) {
      stopped = true;
      kept = changes;
      saved.textContent = "内容已另外保存";
      tell(said.error, said.url, "查看并处理");
    } else if (got.code === 401) {
      stopped = true;
      tell(said.kept ? "登录已过期。您填写的内容已留存，重新登录后可以找回。" : "登录已过期，刚才的改动没有存上。请不要关闭本页，在新窗口重新登录后回到这里按“保存”。", "/", "重新登录");
      trouble.querySelector("a").target = "_blank";
      if (said.kept) kept = at;
    } else {
      tell((said.error || "没有存上。") + " 您填写的内容仍在本页。");
      schedule(AGAIN);
    }
  }

  // What is wrong, beside the inputs

  function finding(one) {
    var box = make("div", "finding s-" + one.severity), first = make("p");
    first.append(make("b", "", one.word + "：" + one.title));
    box.append(first, make("p", "", one.seen + one.remedy), make("p", "src", one.source));
    return box;
  }

  function place(name) {
    return (name && document.getElementById("f-" + name + "-said")) || null;
  }

  function show(said) {
    document.querySelectorAll("[data-said]").forEach(function (one) { one.textContent = ""; });
    form.querySelectorAll(".bad").forEach(function (one) { one.classList.remove("bad"); });
    form.querySelectorAll("[aria-invalid]").forEach(function (one) { one.removeAttribute("aria-invalid"); });
    said.problems.forEach(function (one) {
      var input = form.elements[one.name], box = place(one.name);
      if (!box || (input && !input.value && !toldFromStart && !touched.has(one.name))) return;
      var text = make("p", "err");
      text.append(make("b", "govuk-visually-hidden", "错误："), one.message + one.remedy);
      box.append(text);
      if (input) {
        input.setAttribute("aria-invalid", "true");
        input.closest(".field").classList.add("bad");
      }
    });
    var loose = document.getElementById("writing-said");
    said.findings.forEach(function (one) { (place(one.name) || loose).append(finding(one)); });
    summary(said);
    count(said.count);
  }

  function summary(said) {
    document.querySelectorAll(".err-sum").forEach(function (box) {
      var about = box.getAttribute("aria-labelledby") === "block-title" ?
        said.findings.filter(function (one) { return one.blocks; }).map(function (one) { return [one.name, one.title + "：" + one.seen + one.remedy]; }) :
        said.problems.map(function (one) { return [one.name, one.line]; });
      box.removeAttribute("role");  // It was read when the page came; it need not be read at every keystroke.
      var list = box.querySelector("ul"), title = box.querySelector("h2");
      list.textContent = "";
      about.forEach(function (pair) {
        var item = make("li"), a = make("a", "", pair[1]);
        a.href = "#" + (pair[0] ? "f-" + pair[0] : "writing");
        item.append(a);
        list.append(item);
      });
      title.textContent = title.textContent.replace(/有 \d+ 处/, "有 " + about.length + " 处");
      box.hidden = about.length === 0;
    });
  }

  var lastCount = null;
  function count(number) {
    if (number === lastCount) return;
    lastCount = number;
    var sign = make("span", "sign " + (number ? "t-red" : "t-green"), number ? number + " 处待改" : "可以送审");
    status.textContent = "";
    status.append(sign);
  }

  // Rows

  function rowsOf(table) {
    return Array.from(table.querySelector("[data-rows]").children);
  }

  function renumber(table) {
    var name = table.dataset.table, mark = new RegExp("((?:^|[ -])" + name + "-)(\\d+|__n__)", "g");
    rowsOf(table).forEach(function (row, number) {
      [row].concat(Array.from(row.querySelectorAll("*"))).forEach(function (one) {
        ["id", "name", "for", "aria-describedby"].forEach(function (attribute) {
          var value = one.getAttribute(attribute);
          if (value) one.setAttribute(attribute, value.replace(mark, "$1" + number));
        });
        if (one.tagName === "BUTTON") one.value = one.value.replace(/:(\d+|__n__)$/, ":" + number);
        if (one.hasAttribute("data-number")) one.textContent = number + 1;
      });
    });
    shape += 1;
  }

  function rows(button) {
    var table = button.closest("[data-table]"), list = table.querySelector("[data-rows]"), row = button.closest(".row"), next;
    if (button.hasAttribute("data-remove")) {
      next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      renumber(table);
      (next ? next.querySelector("input,select,textarea") : table.querySelector("[data-add]")).focus();
    } else {
      next = table.querySelector("[data-pattern]").content.firstElementChild.cloneNode(true);
      if (button.hasAttribute("data-insert")) list.insertBefore(next, row); else list.append(next);
      renumber(table);
      next.querySelector("input,select,textarea").focus();
    }
    total(table);
    changed();
  }

  // Amounts are added as whole fen: never as floating numbers.
  function fen(text) {
    var found = /^([+-]?)(\d{1,13})(?:\.(\d{1,6}))?(亿|万)?元?$/.exec(text.normalize("NFKC").replace(/[\s,¥]/g, "").replace(/^\((.*)\)$/, "-$1"));
    if (!found) return null;
    var scale = found[4] === "亿" ? 8 : found[4] === "万" ? 4 : 0;
    var value = BigInt(found[2] + (found[3] || "").padEnd(6, "0")) * BigInt(10) ** BigInt(scale) / BigInt(10000);
    return found[1] === "-" ? -value : value;
  }

  function total(table) {
    var name = table.dataset.table, list = rowsOf(table);
    function typed(row, number, column) {
      var input = document.getElementById("f-" + name + "-" + number + "-" + column);
      return input ? input.value.trim() : "";
    }
    var levels = list.map(function (row, number) { return typed(row, number, "level") || "1"; });
    var top = levels.slice().sort()[0];
    table.querySelectorAll("[data-total]").forEach(function (out) {
      var sum = BigInt(0);
      list.forEach(function (row, number) {
        var value = levels[number] === top ? fen(typed(row, number, out.dataset.total)) : null;
        if (value !== null) sum += value;
      });
      var digits = (sum < 0 ? -sum : sum).toString().padStart(3, "0");
      out.textContent = (sum < 0 ? "-" : "") + digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + digits.slice(-2);
    });
  }

  // What happens in the page

  form.addEventListener("input", function (event) {
    if (event.target.hasAttribute("data-paste")) return;
    var table = event.target.closest("[data-table]");
    if (table) total(table);
    changed();
  });
  form.addEventListener("focusout", function (event) {
    if (!event.target.name) return;
    touched.add(event.target.name);
    if (changes !== kept) schedule(0);
  });
  form.addEventListener("click", function (event) {
    var button = event.target.closest("[data-add],[data-insert],[data-remove]");
    if (!button) return;
    event.preventDefault();
    rows(button);
  });
  form.addEventListener("submit", function (event) {
    if (flying) {
      // What is on its way would otherwise look like somebody else's change.
      event.preventDefault();
      var by = event.submitter;
      flying.then(function () { form.requestSubmit(by); });
      return;
    }
    clearTimeout(timer);
    leaving = true;
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") save();
  });
  window.addEventListener("beforeunload", function (event) {
    if (changes !== kept && !leaving) event.preventDefault();
  });
  window.addEventListener("pageshow", function () { leaving = false; });
  setInterval(function () {
    if (ends === null || warned || stopped || ends - Date.now() > WARN * 1000) return;
    warned = true;
    tell("登录将在 " + Math.max(1, Math.round((ends - Date.now()) / 60000)) + " 分钟内过期。继续填写或按“保存”即可延长。");
  }, 10000);
})();
