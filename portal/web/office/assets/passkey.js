// Passkeys: asks the server for a challenge, the device for its answer, and sends the form as it stands.
"use strict";
(() => {
  if (!window.PublicKeyCredential || !window.fetch) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const opened = (options) => {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const list of [options.excludeCredentials, options.allowCredentials]) for (const one of list || []) one.id = bytes(one.id);
    return options;
  };
  const told = (made) => {
    const r = made.response;
    const response = { clientDataJSON: text(r.clientDataJSON) };
    if (r.attestationObject) {
      response.attestationObject = text(r.attestationObject);
      if (r.getTransports) response.transports = r.getTransports();
    } else {
      response.authenticatorData = text(r.authenticatorData);
      response.signature = text(r.signature);
      if (r.userHandle) response.userHandle = text(r.userHandle);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults() });
  };
  const words = {
    NotAllowedError: "没有完成：已取消或超时。请再试一次。",
    InvalidStateError: "这台设备已经添加过通行密钥。",
    SecurityError: "当前网址不能使用通行密钥，请用平台管理员给的网址打开。",
  };
  const ask = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form), credentials: "same-origin", headers: { Accept: "application/json" } });
    const options = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(options.error || "平台没有回答。请刷新页面再试。");
    const wanted = { publicKey: opened(options) };
    const made = form.dataset.do === "create" ? await navigator.credentials.create(wanted) : await navigator.credentials.get(wanted);
    form.elements.credential.value = told(made);
    form.submit();
  };
  for (const form of document.querySelectorAll("form.passkey")) {
    form.hidden = false;
    const without = form.parentElement.querySelector(".no-passkey");
    if (without) without.hidden = true;
    const place = form.querySelector('[role="alert"]');
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      place.hidden = true;
      ask(form).catch((wrong) => {
        place.textContent = words[wrong.name] || (wrong.name === "Error" ? wrong.message : "通行密钥没有成功。请再试一次，或改用其他方式。");
        place.hidden = false;
      });
    });
  }
})();
