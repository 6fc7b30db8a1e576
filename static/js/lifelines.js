// Moves the lifelines chart with the simulated clock. The server draws it for one moment and says in
// data-at, data-since and data-till (seconds since the cluster's start) when everything is; this places
// it for now. A line without data-till goes on. The rules of window and grid are those of lifelines.py.
import { clockText, now as simulated } from "./clock.js";
import { goTo } from "./rewind.js";
import { placeTicks } from "./traffic.js";

const WINDOW = 360;
const SHORTEST = 20;
const NUDGE = 0.5; // px that the chart may lag behind before it is drawn again
const PAUSE = 100; // ms between two drawings at least: a young chart moves by many px a second
const DIGIT = 6.3; // px of a character of the time that now is
const GAP = 4; // px between two flags
const STEP = 5; // seconds that an arrow key moves the hairline

const chart = () => document.getElementById("lifelines");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let drawn = null; // {svg, now, left, length, width, at} of the last drawing, at: ms since the page was loaded
let hair = null; // the hairline: a fraction of the plot

const started = (svg) => Number(svg.dataset.started);

// The clock has not been read yet when the page has just been loaded: it is never before the drawing.
const now = (svg) => Math.max(simulated() - started(svg), Number(svg.dataset.drawn));

const span = (t) => Math.min(Math.max(t, SHORTEST), WINDOW);
const gridStep = (length) => (length > 180 ? 60 : length > 80 ? 30 : 10);

const set = (element, name, value) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};
const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
const percent = (fraction) => `${(100 * fraction).toFixed(2)}%`;
const show = (element, visible) => {
  if (visible) element.removeAttribute("visibility");
  else set(element, "visibility", "hidden");
};

const placeLines = (svg, view) => {
  for (const line of svg.querySelectorAll("[data-since]")) {
    const from = view.at(Number(line.dataset.since));
    const until = line.dataset.till === undefined ? 1 : view.at(Number(line.dataset.till));
    set(line, "x1", percent(Math.min(1, Math.max(0, from))));
    set(line, "x2", percent(Math.min(1, Math.max(0, until))));
    show(line, until > 0);
  }
};

const placeMarks = (svg, view) => {
  for (const mark of svg.querySelectorAll("[data-at]")) {
    let place = view.at(Number(mark.dataset.at));
    if ("stick" in mark.dataset) place = Math.max(0, place);
    const end = mark.dataset.till === undefined ? 1 : view.at(Number(mark.dataset.till));
    const room = (end - place) * view.width;
    set(mark, "x", percent(place));
    show(mark, place >= -0.001 && room >= Number(mark.dataset.room ?? 0));
    for (const part of mark.querySelectorAll("[data-room]")) show(part, room >= Number(part.dataset.room));
  }
  // What has no room at its end is told in the right gutter.
  for (const text of svg.querySelectorAll("[data-cramped]")) {
    const end = view.at(Number(text.dataset.end));
    show(text, end < 0 || (1 - end) * view.width < Number(text.dataset.cramped));
  }
};

const nowWidth = (svg) => Number(svg.querySelector("[data-word]")?.getAttribute("width") ?? 0);

const writeNow = (svg, view) => {
  const text = svg.querySelector("[data-now]");
  if (!text) return;
  write(text, clockText(view.now));
  const pill = svg.querySelector("[data-word]");
  const width = Number(pill.dataset.word) + DIGIT * text.textContent.length;
  set(pill, "width", String(width));
  set(pill, "x", String(-width / 2));
};

// Flags keep clear of the pill that says now and of each other; the line under them stays where it is.
const placeFlags = (svg, view) => {
  let edge = 1 - (nowWidth(svg) / 2 + GAP) / view.width;
  for (const flag of [...svg.querySelectorAll("[data-flag]")].reverse()) {
    const half = Number(flag.dataset.width) / 2 / view.width;
    const place = Math.min(view.at(Number(flag.dataset.flag)), edge - half);
    set(flag, "x", percent(place));
    show(flag, place > 0);
    edge = place - half - GAP / view.width;
  }
};

const placeGrid = (svg, view) => {
  const step = gridStep(view.length);
  const first = Math.max(0, Math.ceil(view.left / step)) * step;
  svg.querySelectorAll("[data-grid]").forEach((line, index) => {
    const place = view.at(first + index * step);
    set(line, "x", percent(place));
    show(line, place <= 1);
    const text = line.querySelector("text");
    write(text, clockText(first + index * step));
    show(text, place >= 0 && place < 1 - 20 / view.width);
  });
};

const placeHairline = (svg, view) => {
  const line = svg.querySelector("[data-hairline]");
  if (!line) return;
  show(line, hair !== null && view.left + hair * view.length >= 0);
  if (hair === null) return;
  set(line, "x", percent(hair));
  write(line.querySelector("text"), clockText(view.left + hair * view.length));
};

const draw = (svg, t, width) => {
  const length = span(t);
  const left = t - length;
  const view = { now: t, left, length, width, at: (time) => (time - left) / length };
  placeLines(svg, view);
  placeMarks(svg, view);
  placeTicks(svg, view);
  writeNow(svg, view);
  placeFlags(svg, view);
  placeGrid(svg, view);
  placeHairline(svg, view);
  for (const area of svg.querySelectorAll(".area")) {
    set(area, "viewBox", `${(left - Number(area.dataset.left)).toFixed(2)} 0 ${length.toFixed(2)} 100`);
  }
  drawn = { svg, now: t, left, length, width, at: performance.now() };
};

const widthOf = (svg) => {
  const plot = svg.querySelector("[data-plot]") ?? svg.querySelector(".plot");
  return plot?.getBoundingClientRect().width || 1;
};

const stepwise = () => still.matches || document.documentElement.dataset.motion === "off";

const tick = () => {
  const svg = chart();
  if (svg) {
    const t = stepwise() ? Math.floor(now(svg)) : now(svg);
    const width = drawn?.svg === svg && !drawn.stale ? drawn.width : widthOf(svg);
    const moved = drawn ? (Math.abs(t - drawn.now) / span(t)) * width : Infinity;
    const second = drawn && Math.floor(t) !== Math.floor(drawn.now);
    const due = drawn && performance.now() - drawn.at >= PAUSE && (second || moved > NUDGE);
    if (drawn?.svg !== svg || drawn.stale || due) draw(svg, t, width);
  }
  if (stepwise()) setTimeout(tick, 1000);
  else requestAnimationFrame(tick);
};

// A swap puts the server's places back into the same elements, and a resize changes what has room.
const stale = () => {
  if (drawn) drawn.stale = true;
  if (stepwise() && chart()) draw(chart(), Math.floor(now(chart())), widthOf(chart()));
};
new MutationObserver(stale).observe(document.body, { subtree: true, attributeFilter: ["data-drawn"] });
document.addEventListener("htmx:after:ws:message", stale);
document.addEventListener("calls", stale);
addEventListener("resize", stale);

const pointAt = (event) => {
  const svg = event.target.closest?.("#lifelines");
  const plot = svg?.querySelector("[data-plot]")?.getBoundingClientRect();
  const inside = plot && event.clientX >= plot.left && event.clientX <= plot.right;
  if (hair === null && !inside) return;
  hair = inside ? (event.clientX - plot.left) / plot.width : null;
  stale();
};
document.addEventListener("pointermove", pointAt, { passive: true });
document.addEventListener("focusout", (event) => {
  if (event.target.id === "lifelines") {
    hair = null;
    stale();
  }
});

// The hairline is where a click or Enter looks back to; the cluster has no moments before its start.
const lookBack = () => {
  if (drawn && hair !== null) goTo({ time: Math.max(0, drawn.left + hair * drawn.length) });
};
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#lifelines [data-plot]")) lookBack();
});
document.addEventListener("keydown", (event) => {
  if (event.target.id === "lifelines" && event.key === "Enter") lookBack();
  const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.target.id !== "lifelines" || !direction || !drawn) return;
  event.preventDefault();
  hair = Math.min(1, Math.max(0, (hair ?? 1) + (direction * STEP) / span(drawn.now)));
  stale();
});

tick();
