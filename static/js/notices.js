// What the page tells its reader, by two events that anything may dispatch on the document (a server does
// it with an HX-Trigger header):
//   toast {title, text?, tone?}      a card for 5 s, at most 2 at a time; tone "fail" is told at once
//   say   {text, assertive?}         for screen readers only; polite sentences are merged, one each 2 s
(() => {
  "use strict";
  const SHOWN = 5000;
  const PAUSE = 2000;
  const AT_MOST = 2;

  let waiting = [];
  let timer = null;

  const sayWaiting = () => {
    timer = null;
    if (!waiting.length) return;
    document.getElementById("polite").textContent = waiting.join(" ");
    waiting = [];
    timer = setTimeout(sayWaiting, PAUSE);
  };

  const say = ({ text, assertive }) => {
    if (!text) return;
    if (assertive) {
      document.getElementById("assertive").textContent = text;
    } else {
      waiting.push(text);
      if (timer === null) timer = setTimeout(sayWaiting, 0);
    }
  };

  const line = (className, text) => {
    const element = document.createElement("p");
    element.className = className;
    element.textContent = text;
    return element;
  };

  const toast = ({ title, text, tone }) => {
    const card = document.createElement("div");
    card.className = "toast";
    if (tone) card.dataset.tone = tone;
    card.append(line("toast-title", title));
    if (text) card.append(line("toast-text", text));
    const toasts = document.getElementById("toasts");
    for (const other of [...toasts.children]) if (other.textContent === card.textContent) other.remove();
    toasts.append(card);
    while (toasts.children.length > AT_MOST) toasts.firstElementChild.remove();
    setTimeout(() => card.remove(), SHOWN);
    say({ text: [title, text].filter(Boolean).join(". "), assertive: tone === "fail" });
  };

  document.addEventListener("toast", (event) => toast(event.detail));
  document.addEventListener("say", (event) => say(event.detail));

  // The server broke, did not answer, or knows this page's session or cluster no longer: say so, what was
  // typed stays. Why a command is refused (422) stands beside its form.
  const texts = () => document.getElementById("toasts").dataset;
  document.addEventListener("htmx:response:error", (event) => {
    const { request, response } = event.detail.ctx;
    if (response.status >= 500) toast({ title: texts().failed, text: texts().unchanged, tone: "fail" });
    else if (response.status !== 422 && request.method !== "GET") {
      toast({ title: texts().refused, text: texts().reload, tone: "fail" });
    }
  });
  document.addEventListener("htmx:error", (event) => {
    const { ctx, error } = event.detail;
    if (ctx && !ctx.response && error?.name !== "AbortError") {
      toast({ title: texts().unreachable, text: texts().unchanged, tone: "fail" });
    }
  });
})();
