// The timeline below the map: follows while its newest lines are in view, and waits while somebody reads.
import { keep, kept, showTab } from "./page.js";
import { past } from "./rewind.js";
import { current } from "./selection.js";

const REFRESH = 500; // ms between two looks at it while frames come

const root = document.documentElement;
const base = document.getElementById("live").dataset.base;
const timeline = () => document.getElementById("timeline");
const lines = () => timeline().querySelector(".timeline-lines");
const links = () => [...timeline().querySelectorAll(".timeline-line a")];

let due = false;
let runs = false;
let page = ""; // the revision before which the page begins that was seen last

const isOpen = () => root.dataset.below === "timeline" && !document.hidden && timeline().checkVisibility();
const reads = () => Boolean(timeline().dataset.before) || lines()?.scrollTop > 0 || lines()?.querySelector(":focus") != null;

const address = () => {
  const form = timeline().querySelector("form");
  return `${base}/timeline?${form ? new URLSearchParams(new FormData(form)) : ""}`;
};
const load = () => htmx.ajax("GET", address(), { target: "#timeline", swap: "outerMorph", follows: address() });

const count = async () => {
  const answer = await fetch(address(), { headers: { "HX-Request": "true" } });
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  const newer = [...made.querySelectorAll(".timeline-line")].filter(({ id }) => !document.getElementById(id)).length;
  const button = document.getElementById("timeline-newer");
  if (!button) return;
  button.hidden = newer === 0;
  button.textContent = button.dataset.text.replace("{}", newer);
};

// One look at a time; what has happened meanwhile comes with the next.
const follow = async () => {
  due = true;
  if (runs) return;
  runs = true;
  while (due && isOpen()) {
    due = false;
    // Without an answer the next frame asks again.
    await (reads() ? count() : load()).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, REFRESH));
  }
  runs = false;
};

// One line at a time is a tab stop; arrows go to the others.
const stopAt = (line) => {
  for (const link of links()) link.tabIndex = link.parentElement === line ? 0 : -1;
};

// What came after the moment that the page looks at is dimmed; a line shows where that is.
const mark = () => {
  const moment = past()?.revision ?? Infinity;
  let before = false;
  for (const line of timeline().querySelectorAll(".timeline-line")) {
    const later = Number(line.dataset.revision) > moment;
    line.toggleAttribute("data-later", later);
    if (before && !later) line.dataset.here = timeline().dataset.words;
    else line.removeAttribute("data-here");
    before = later;
  }
};

const dress = () => {
  const form = timeline().querySelector("form");
  if (!form) return;
  stopAt(lines().querySelector(".timeline-line:focus-within") ?? lines().querySelector(".timeline-line"));
  document.getElementById("timeline-selected").hidden = !current();
  mark();
  if (page !== timeline().dataset.before) {
    page = timeline().dataset.before;
    lines().scrollTop = 0;
    lines().focus();
  }
};

// Somebody may have begun to read, or asked for something else, while the newest lines were on their way.
document.addEventListener("htmx:before:swap", (event) => {
  const { follows } = event.detail.ctx;
  if (!follows || (follows === address() && !reads())) return;
  event.preventDefault();
  follow();
});
document.addEventListener("htmx:after:swap", () => root.dataset.below === "timeline" && dress());
document.addEventListener("htmx:after:ws:message", () => {
  mark();
  follow();
});
document.addEventListener("visibilitychange", follow);
document.addEventListener("selected", dress);

document.addEventListener("focusin", ({ target }) => {
  const line = target.closest?.(".timeline-line");
  if (line) stopAt(line);
});

document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.(".timeline-line");
  const next = { ArrowUp: line?.previousElementSibling, ArrowDown: line?.nextElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  (next.querySelector(`a.${event.target.className}`) ?? next.querySelector("a")).focus();
});

document.addEventListener("click", (event) => {
  const { target } = event;
  const field = timeline().querySelector("[name=object]");
  if (target.closest(".timeline-object, a[data-shows]") && !event.ctrlKey && !event.metaKey) event.preventDefault();
  if (target.closest("#timeline-all")) field.value = "";
  if (target.closest("#timeline-newer")) {
    lines().scrollTop = 0;
    lines().focus();
    load();
  }
  if (target.closest("#timeline-selected")) {
    field.value = `${current().kind}/${current().name}`;
    field.form.requestSubmit();
  }
});

// The terminal lies beside it or in front of it: what was open before is open again.
document.addEventListener("tab", () => {
  if (root.dataset.tab !== "terminal") root.dataset.below = root.dataset.tab === "timeline" ? "timeline" : "lifelines";
  for (const tab of document.querySelectorAll(".chart-switch [data-shows]")) {
    if ((tab.dataset.shows === "timeline") === (root.dataset.below === "timeline")) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  keep("below", root.dataset.below);
  follow();
});
showTab(kept("below") === "timeline" && !matchMedia("(max-width: 599px)").matches ? "timeline" : "cluster");
