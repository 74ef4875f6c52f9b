// Opens a sealed filing in this browser: the key file and its passphrase never leave it.
import { decryptWith } from "/static/sealing/age.js";
import { LARGEST, WrongKeyFile, readKeyFile } from "./cases-keyfile.js";

const FORMAT = "sunshine-portal/filing/v1";
const WRONG = {
  plain: "这是没有口令保护的私钥，请不要使用它。请改用 portal filings make-key 生成的密钥文件。",
  other: "这不是报备密钥文件。",
  broken: "密钥文件不完整或已损坏。",
  passphrase: "口令不对，或密钥文件已损坏。",
  empty: "请输入口令。",
};
const form = document.querySelector('[data-part="open"]');
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const trouble = part("trouble");
const content = part("content");

function tell(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

function row(list, label, text) {
  if (!text) return;
  const line = document.createElement("div");
  line.append(Object.assign(document.createElement("dt"), { textContent: label }));
  line.append(Object.assign(document.createElement("dd"), { textContent: text }));
  list.append(line);
}

function show(held) {
  const list = Object.assign(document.createElement("dl"), { className: "facts" });
  row(list, "报备人", [held.filer, held.post, held.unit].filter(Boolean).join("　"));
  for (const one of held.persons) row(list, "特定关系人", [one.name, one.relation].filter(Boolean).join("　"));
  for (const one of held.companies) row(list, "企业", [one.name, one.code].filter(Boolean).join("　"));
  row(list, "经营活动", held.business);
  row(list, "起止", held.since || held.until ? `${held.since || "不详"} 至 ${held.until || "今"}` : "");
  row(list, "备注", held.remark);
  content.replaceChildren(list);
  content.hidden = false;
  content.focus();
}

async function sealed() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error("not sent");
  return new Uint8Array(await answer.arrayBuffer());
}

async function open() {
  const file = document.getElementById("key-file").files[0];
  const passphrase = document.getElementById("passphrase");
  tell("");
  if (!file) return tell("请选择密钥文件。");
  if (file.size > LARGEST) return tell(WRONG.other);
  let key;
  try {
    key = await readKeyFile(new Uint8Array(await file.arrayBuffer()), passphrase.value);
  } catch (wrong) {
    return tell(wrong instanceof WrongKeyFile ? WRONG[wrong.code] : "读不了密钥文件。");
  }
  passphrase.value = "";
  try {
    const plain = await decryptWith(key.identity, await sealed());
    if (!plain) return tell("这把密钥打不开这份报备：它是封给另一把密钥的，或已损坏。");
    const held = JSON.parse(new TextDecoder().decode(plain));
    if (held.format !== FORMAT) return tell("打开了，但内容不是报备。");
    return show(held);
  } catch {
    return tell("没有取到封存件，可能已退出登录或网络不通。请刷新页面后再试。");
  }
}

part("key").hidden = false;
part("show").addEventListener("click", async (event) => {
  event.target.disabled = true;
  await open();
  event.target.disabled = false;
});
document.getElementById("passphrase").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault(); // Else the form would download the sealed file.
  part("show").click();
});
window.addEventListener("pagehide", () => {
  content.replaceChildren();
  form.reset();
});
