// Where in time this page looks. The server draws the moment and says in #past which one it is; here is the
// track with its handle, the keys, and what happens when somebody acts in the past. Times are seconds since
// the cluster's start.
import { clockText, now as simulated } from "./clock.js";
import { send } from "./live.js";

const JUMP = 30; // seconds of PageUp and PageDown
const END = 0.995; // from this part of the track on it is now
const TICK = 1000; // ms between two looks at where now is
const ALWAYS = /\/(clock|step|skip|continue|revoke|language|keys\/replace)\/?$/; // posts that touch no object

const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const dialog = byId("continue");
let dragged = null; // the time under the pointer that drags
let waiting = null; // what was about to be done in the past
let live = Number(byId("live").dataset.elapsed); // now
let liveAt = performance.now();

// The moment that the page shows, null for now.
export const past = () => {
  const { revision, time } = byId("past").dataset;
  return revision ? { revision: Number(revision), time: Number(time) } : null;
};

const start = () => Number(byId("clock").dataset.start);
const oldest = () => Number(byId("track").dataset.oldest);
const elapsed = () => simulated() - start();

// In the past the page's clock stands, while the cluster's goes on as fast as the track says.
const latest = () => {
  const passed = (performance.now() - liveAt) / 1000;
  live = past() ? live + passed * Number(byId("track").dataset.speed) : elapsed();
  liveAt = performance.now();
  return Math.max(live, oldest() + 1);
};

export const goTo = ({ revision, time, live: toLive }) => {
  if (toLive) send("live");
  else if (revision !== undefined) send(`at ${revision}`);
  else if (time >= latest()) send("live");
  else send(`time ${Math.max(time, oldest()).toFixed(2)}`);
};

const here = () => dragged ?? past()?.time ?? latest();
const set = (element, name, value) => {
  if (element && element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
};

const draw = () => {
  const slider = byId("track-slider");
  const [from, to] = [oldest(), latest()];
  const place = (time) => Math.min(1, Math.max(0, (time - from) / (to - from)));
  for (const mark of slider.querySelectorAll("[data-at]")) {
    const at = Number(mark.dataset.at);
    set(mark, "x", at < from ? "-100%" : `${(100 * place(at)).toFixed(2)}%`);
  }
  const looking = dragged !== null || past() !== null;
  const at = looking ? place(here()) : 1;
  set(slider.querySelector(".track-handle"), "x", `${(100 * at).toFixed(2)}%`);
  set(slider.querySelector(".track-gone"), "x", `${(100 * at).toFixed(2)}%`);
  set(slider.querySelector(".track-gone"), "width", `${(100 * (1 - at)).toFixed(2)}%`);
  set(slider, "aria-valuenow", Math.round(1000 * at));
  set(slider, "aria-valuetext", looking ? clockText(here()) : byId("track").dataset.live);
  const bubble = slider.querySelector(".track-time");
  bubble.hidden = dragged === null;
  bubble.textContent = clockText(here());
  bubble.style.left = `${100 * at}%`;
};

const show = () => {
  const moment = past();
  root.toggleAttribute("data-past", moment !== null);
  const url = new URL(location);
  if (moment) url.searchParams.set("at", moment.revision);
  else url.searchParams.delete("at");
  if (url.href !== location.href) history.replaceState(null, "", url);
  for (const link of document.querySelectorAll("[data-of-then]")) link.search = url.search;
  draw();
};

// The track: a pointer that drags, and the keys of a slider.
const timeAt = (event) => {
  const line = byId("track-slider").getBoundingClientRect();
  const part = Math.min(1, Math.max(0, (event.clientX - line.left) / line.width));
  return part >= END ? Infinity : oldest() + part * (latest() - oldest());
};
const drag = (event) => {
  const time = timeAt(event);
  dragged = Math.min(time, latest());
  goTo({ time });
  draw();
};
document.addEventListener("pointerdown", (event) => {
  const slider = event.target.closest?.("#track-slider");
  if (!slider || event.button) return;
  slider.setPointerCapture(event.pointerId);
  drag(event);
});
document.addEventListener("pointermove", (event) => {
  if (dragged !== null) drag(event);
});
for (const kind of ["pointerup", "pointercancel"]) {
  document.addEventListener(kind, () => {
    dragged = null;
    draw();
  });
}

export const KEYS = {
  "[": () => goTo({ time: here() - 5 }),
  "]": () => goTo({ time: here() + 5 }),
  l: () => goTo({ live: true }),
};
const SLIDER = {
  ArrowLeft: () => send("step -1"),
  ArrowDown: () => send("step -1"),
  ArrowRight: () => send("step 1"),
  ArrowUp: () => send("step 1"),
  PageDown: () => goTo({ time: here() - JUMP }),
  PageUp: () => goTo({ time: here() + JUMP }),
  Home: () => goTo({ time: oldest() }),
  End: () => goTo({ live: true }),
};
document.addEventListener("keydown", (event) => {
  const command = event.target.id === "track-slider" && SLIDER[event.key];
  if (!command) return;
  event.preventDefault();
  command();
});

// Anything that names a moment leads there; with another key pressed a link is a link.
document.addEventListener("click", (event) => {
  const { goto } = event.target.closest?.("[data-goto]")?.dataset ?? {};
  if (goto && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    goTo(goto === "live" ? { live: true } : { revision: Number(goto) });
  }
  if (event.target.closest?.("[data-continues]")) ask(null);
  if (event.target.closest?.("[data-dismisses]")) dialog.close();
});

// Whoever acts in the past is asked once whether the cluster shall go back.
const ask = (request) => {
  const moment = past();
  const title = byId("continue-title");
  title.textContent = title.dataset.text.replace("{}", clockText(moment.time));
  for (const [name, value] of Object.entries(moment)) dialog.querySelector(`[name=${name}]`).value = value;
  byId("continue-first").hidden = request === null;
  waiting = request;
  dialog.showModal();
};
document.addEventListener("htmx:config:request", ({ detail }) => {
  const { method, action, body } = detail.ctx.request;
  if (past() && action.includes("/inspect/")) body.set("at", past().revision);
  if (past() && method === "POST" && !ALWAYS.test(action.split("?")[0])) detail.ctx.confirm = "past";
});
document.addEventListener("htmx:confirm", (event) => {
  if (event.detail.ctx.confirm !== "past") return;
  event.preventDefault();
  ask(event.detail);
});
dialog.addEventListener("close", () => {
  waiting?.dropRequest();
  waiting = null;
});
dialog.addEventListener("made", () => {
  waiting?.issueRequest();
  waiting = null;
  dialog.close();
  goTo({ live: true });
});
document.addEventListener("htmx:after:ws:message", show);
setInterval(draw, TICK);
show();
