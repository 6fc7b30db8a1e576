// What the reader has selected, on the map, in the chart and in the panels at once: {kind, namespace, name}.
// The selection is the page's own: frames leave data-selected alone.
const REFRESH = 500; // ms between two looks at the inspector while frames come
const KINDS = "[data-kind][data-name]";

const nothing = document.getElementById("inspector").cloneNode(true);

let selected = null;
let refreshed = 0;
let timer = null;
let loading = false;
let again = false;
let focused = null; // the map's focused element and its neighbours, as ids, should it vanish

const base = document.getElementById("live").dataset.base;
const inspector = () => document.getElementById("inspector");
const same = (element) =>
  selected !== null &&
  element.dataset.kind === selected.kind &&
  element.dataset.name === selected.name &&
  (selected.uid === undefined || element.dataset.uid === undefined || element.dataset.uid === selected.uid);

export const current = () => selected;
export const element = () => [...document.querySelectorAll(`#map ${KINDS}`)].find(same) ?? null;

const mark = () => {
  for (const item of document.querySelectorAll(KINDS)) {
    const chosen = same(item);
    if (chosen !== item.hasAttribute("data-selected")) item.toggleAttribute("data-selected", chosen);
  }
  document.documentElement.toggleAttribute("data-selection", selected !== null);
};

const tell = () => document.dispatchEvent(new CustomEvent("selected", { detail: selected }));

const clear = () => inspector().replaceWith(nothing.cloneNode(true));

// One look at a time; whatever was selected meanwhile comes next.
const load = async () => {
  clearTimeout(timer);
  timer = null;
  again = loading;
  if (loading || !selected) return;
  loading = true;
  refreshed = performance.now();
  const { kind, namespace, name, uid } = selected;
  const path = [kind, namespace || "-", name].map(encodeURIComponent).join("/");
  const { tab = "why", change = "", all = "" } = inspector().dataset;
  const query = new URLSearchParams({ tab, change, all, uid: uid ?? "" });
  await htmx.ajax("GET", `${base}/inspect/${path}?${query}`, { target: "#inspector", swap: "outerMorph" });
  loading = false;
  if (!selected) clear();
  else if (again) load();
};

export const select = (item) => {
  const { kind, namespace = "", name, uid } = item.dataset;
  selected = { kind, namespace, name, uid };
  mark();
  load();
  tell();
};

export const deselect = () => {
  if (!selected) return;
  selected = null;
  mark();
  clear();
  tell();
};

const refresh = () => {
  if (!selected || timer) return;
  timer = setTimeout(load, Math.max(0, refreshed + REFRESH - performance.now()));
};

// A click on a pod, node or Service selects it; a click on the ground selects nothing.
document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-deselects]")) deselect();
  if (target.closest("[data-copy], .kill, .power, .entry button, .entry input")) return;
  const item = target.closest(`#map ${KINDS}, #lifelines ${KINDS}, .workloads ${KINDS}, .timeline ${KINDS}`);
  if (item) select(item);
  else if (target.closest("#map")) deselect();
});

// Where the focus goes should its element vanish: the next pod in the node, the one before, the node.
const neighbours = (pod) => {
  const all = [...pod.parentElement.querySelectorAll('[data-kind="Pod"]')];
  const at = all.indexOf(pod);
  return [...all.slice(at + 1), ...all.slice(0, at).reverse()].map((other) => other.id);
};

document.addEventListener("htmx:before:ws:message", () => {
  const button = document.activeElement?.closest?.("#map [role=button]");
  const pod = button?.closest('[data-kind="Pod"]');
  focused = pod ? { button, others: neighbours(pod), node: pod.dataset.node } : null;
});

document.addEventListener("htmx:after:ws:message", () => {
  mark();
  refresh();
  if (!focused || focused.button.isConnected) return;
  const next = focused.others.map((id) => document.getElementById(id)).find(Boolean);
  const node = document.querySelector(`#map [data-kind="Node"][data-name="${CSS.escape(focused.node)}"]`);
  (next ?? node)?.querySelector("[role=button]")?.focus();
});
