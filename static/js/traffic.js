// Who calls whom: packets on the map, ticks in the chart, and how many were answered. The server tells it as
// data (Heard in traffic.py), in seconds since the cluster's start; its map has the ways that packets take.
const PACE = 420; // px a second
const MOST = 40; // packets on the map, and TRUNK on one line to a node
const TRUNK = 2;
const FADE = 400; // ms for which an end is seen
const LATE = 1.5; // s of real time after which a call is history
const RATE = 10; // s over which calls on a trunk are counted
const SPACING = 5; // px between two ticks, and CROSS times that behind a cross
const CROSS = 1.7;
const KEPT = 400; // s
const CROSSED = '<path class="cross" d="m-3.2-3.2 6.4 6.4m0-6.4-6.4 6.4"/>';
const SHAPE = `<path class="trail" d="M0-4-22 0 0 4z"/><circle r="5"/>${CROSSED}`;

const rows = new Map(); // uid of a Service or pod -> {calls: [[time, answered]], ticks, done, gap}
const totals = {}; // uid -> texts
let passed = []; // [time, edge, times] of late
const still = matchMedia("(prefers-reduced-motion: reduce)");

const byId = (id) => document.getElementById(id);
const draw = (parent, html) => {
  parent.insertAdjacentHTML("beforeend", html);
  return parent.lastChild;
};

const fill = () => {
  for (const element of document.querySelectorAll("[data-tally]")) {
    const { tally, part, join = "" } = element.dataset;
    const text = totals[tally]?.[part] ? join + totals[tally][part] : "";
    if (element.textContent !== text) element.textContent = text;
  }
};

// Calls closer to each other than `gap` seconds are one tick; it is a cross if any of them was lost, and a
// cross needs more room.
const ticksOf = (row, gap) => {
  if (row.gap !== gap) Object.assign(row, { gap, ticks: [], done: 0 });
  for (; row.done < row.calls.length; row.done += 1) {
    const [time, answered] = row.calls[row.done];
    const last = row.ticks.at(-1);
    if (last && time < last[0] + (last[1] ? gap : CROSS * gap)) last[1] = Math.min(last[1], answered);
    else row.ticks.push([time, answered]);
  }
  return row.ticks;
};

// Called by the chart whenever it moves.
export const placeTicks = (svg, view) => {
  // In steps, so that ticks stay what they are while a young chart grows.
  const gap = 2 ** (Math.ceil(4 * Math.log2((SPACING * view.length) / view.width)) / 4);
  for (const group of svg.querySelectorAll("[data-ticks]")) {
    const row = rows.get(group.dataset.ticks);
    const y = Number(group.dataset.lost);
    const paths = { tick: "", loss: "" };
    for (const [time, answered] of row ? ticksOf(row, gap) : []) {
      const x = view.at(time) * view.width;
      // The page's clock may be a little behind.
      if (x < 0 || x > view.width) continue;
      if (answered) paths.tick += `M${x.toFixed(1)} 4v6`;
      else paths.loss += `M${(x - 2.6).toFixed(1)} ${y - 2.6}l5.2 5.2m0-5.2l-5.2 5.2`;
    }
    if (!group.firstChild) group.innerHTML = '<path class="tick"/><path class="loss"/>';
    for (const path of group.children) path.setAttribute("d", paths[path.getAttribute("class")]);
  }
};

const remember = ({ calls, until, whole }) => {
  if (whole) rows.clear();
  for (const [time, , service, pod, answered] of calls) {
    const uid = service || pod;
    if (!uid) continue;
    if (!rows.has(uid)) rows.set(uid, { calls: [], ticks: [], done: 0, gap: 0 });
    rows.get(uid).calls.push([time, answered]);
  }
  for (const row of rows.values()) {
    const old = row.calls.findIndex(([time]) => time > until - KEPT);
    row.calls.splice(0, old);
    row.done = Math.max(0, row.done - Math.max(0, old));
    row.ticks = row.ticks.filter(([time]) => time > until - KEPT);
  }
};

// The line from a Service to the pod, or to its node where pods are too small for a line each.
const edgeTo = (service, pod) =>
  byId(`edge-${service}-${pod}`) ?? byId(`edge-${service}-${byId(`pod-${pod}`)?.closest(".node")?.id}`);

const run = (source, service, pod, answered) => {
  const way = byId(service ? `way-${source}-${service}` : `call-${source}-${pod}`);
  const ways = (way ? [way, service && edgeTo(service, pod)] : [!answered && byId(`way-${source}-`)]).filter(Boolean);
  const layer = byId("packets");
  const trunk = service && ways[1] ? `${service} ${ways[1].dataset.node}` : "";
  const ahead = [...layer.children].filter((packet) => trunk && packet.dataset.trunk === trunk);
  if (!ways.length || ahead.length >= TRUNK || layer.querySelectorAll(".packet").length >= MOST) return;
  const packet = draw(layer, `<g class="packet${service ? "" : " direct"}">${SHAPE}</g>`);
  const length = ways.reduce((sum, way) => sum + way.getTotalLength(), 0);
  const duration = Math.min(1400, Math.max(500, (1000 * length) / PACE));
  packet.dataset.trunk = trunk;
  packet.style.offsetPath = `path("${ways.map((way) => way.getAttribute("d")).join("")}")`;
  packet.style.setProperty("--d", `${duration}ms`);
  setTimeout(() => packet.classList.add(answered ? "answered" : "lost"), duration);
  setTimeout(() => packet.remove(), duration + FADE);
};

// For those who want less motion: how many calls a (simulated) second go to each node, under all Services.
const showRates = (until, speed) => {
  const nodes = new Map();
  passed = passed.filter(([time]) => time > until - RATE * speed);
  for (const [, id, times] of passed.filter(([, id]) => byId(id))) {
    const start = byId(id).getPointAtLength(0);
    const known = nodes.get(byId(id).dataset.node) ?? { sum: 0, start };
    const lower = known.start.y > start.y ? known.start : start;
    nodes.set(byId(id).dataset.node, { sum: known.sum + times, start: lower });
  }
  document.querySelectorAll(".m-rate").forEach((text) => text.remove());
  for (const { sum, start } of nodes.values()) {
    const rate = (sum / (RATE * speed)).toFixed(sum < 9.5 * RATE * speed ? 1 : 0);
    draw(byId("packets"), `<text class="m-rate" x="${start.x + 6}" y="${start.y + 13}">${rate}/s</text>`);
  }
};

const show = ({ calls, until }) => {
  const speed = Number(byId("clock").dataset.speed) || 1;
  const late = calls.filter(([time]) => time > until - LATE * speed);
  const motionless = document.hidden || still.matches || document.documentElement.dataset.motion === "off";
  for (const [time, source, service, pod, answered, times] of late) {
    const edge = service && edgeTo(service, pod);
    if (edge) passed.push([time, edge.id, times]);
    if (!motionless) setTimeout(run, (1000 * (time - late[0][0])) / speed, source, service, pod, answered);
  }
  showRates(until, speed);
};

document.addEventListener("calls", ({ detail }) => {
  const named = ([time, ...rest]) => [time, ...rest.slice(0, 3).map((at) => detail.names[at]), ...rest.slice(3)];
  const data = { ...detail, calls: detail.calls.map(named) };
  Object.assign(totals, data.totals);
  remember(data);
  document.documentElement.toggleAttribute("data-calls", rows.size > 0);
  fill();
  show(data);
});
document.addEventListener("htmx:after:ws:message", fill);
