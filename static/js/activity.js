// Shows who is at work, as the journal has it: each stage of the pod that is followed, and each part of the
// cluster, says in data-revision what its newest entry is. What a frame brings anew travels as a diamond to
// its place, one after the other, and lights it. For those who want less motion, nothing travels.
const HOP = 320; // ms
const HOLD = 600; // ms
const MOST = 8; // entries that wait; the older ones of more do not travel

const still = matchMedia("(prefers-reduced-motion: reduce)");
const root = document.documentElement;
const lit = new Map(); // selector -> when it goes out
const queue = [];
let seen = null; // the revision that this page shows
let past = false;
let travels = false;

const show = () => {
  const now = performance.now();
  for (const [selector, until] of lit) {
    for (const element of document.querySelectorAll(selector)) element.toggleAttribute("data-lit", now < until);
    if (now >= until) lit.delete(selector);
  }
};

const light = (selectors, hold = HOLD) => {
  for (const selector of selectors) lit.set(selector, performance.now() + hold);
  show();
  setTimeout(show, hold + 20);
};

const place = (key) => `#map .m-place[data-place="${key}"]`;
const nodeOf = (node) => (node ? `[data-node="${CSS.escape(node)}"]` : "");
const wayTo = (act) => `#map .m-command[data-place="${act.place}"]${nodeOf(act.node)}`;
const spots = ({ place: key, node }) => {
  if (node) return [`#map [data-kind="Node"][data-name="${CSS.escape(node)}"] [data-chip="${key}"]`];
  return key === "apiserver" ? [place("you"), place(key)] : [place(key)];
};

// What says of itself when it was; a stage tells more of an entry than that its author did something.
const acts = () => {
  const read = (selector) => [...document.querySelectorAll(selector)].map(({ dataset }) => ({ ...dataset }));
  const stages = read("#map .m-step[data-revision]");
  const told = new Set(stages.map(({ revision }) => revision));
  const others = read("#map .m-command[data-revision]").filter(({ revision }) => !told.has(revision));
  return [...stages, ...others].sort((a, b) => a.revision - b.revision);
};

const travel = (way) => {
  const layer = document.getElementById("packets");
  layer.insertAdjacentHTML("beforeend", '<g class="command"><rect x="-4.5" y="-4.5" width="9" height="9" rx="1.5"/></g>');
  const diamond = layer.lastChild;
  diamond.style.offsetPath = `path("${way.getAttribute("d")}")`;
  setTimeout(() => diamond.remove(), HOP);
};

const next = () => {
  const act = queue.shift();
  travels = act !== undefined;
  if (!act) return;
  // What the runtime does in the fifth step it was told in the fourth.
  const way = act.step !== "5" && document.querySelector(wayTo(act));
  const moves = way && queue.length < MOST && !document.hidden && !still.matches && root.dataset.motion !== "off";
  if (moves) {
    travel(way);
    light([wayTo(act)], HOP + 400);
  }
  setTimeout(
    () => {
      light(spots(act));
      next();
    },
    moves ? HOP : 0,
  );
};

const look = () => {
  const revision = Number(document.querySelector(place("etcd"))?.dataset.revision ?? 0);
  const wasPast = past;
  past = "revision" in (document.getElementById("past")?.dataset ?? {});
  // Somebody who goes through time sees what was; only what happens is shown as it happens.
  if (seen && revision > seen && !past && !wasPast) {
    queue.push(...acts().filter((act) => Number(act.revision) > seen));
    if (!travels) next();
  }
  seen = revision;
  show();
};

look();
document.addEventListener("htmx:after:ws:message", look);
// Who turns the clock does nothing in the cluster.
document.addEventListener("made", ({ target }) => {
  if (!target.closest?.("#controls")) light([place("you")]);
});
