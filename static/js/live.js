// The socket of the page: picks the layout that the window needs, acknowledges frames, tells news, and
// comes back after a loss. htmx opens the socket and puts frames into the page.
const LAYOUTS = [
  ["phone", matchMedia("(max-width: 599px)")],
  ["tablet", matchMedia("(max-width: 1279px)")],
];
const FIRST_TRY = 500; // ms; doubled after each failure
const LAST_TRY = 15000;
const GONE = 4404; // the close code for a cluster that is no more, or no longer this person's

const live = document.getElementById("live");
const banner = document.getElementById("connection");
const words = banner.querySelector("[data-text]");
let connection = null;
let failures = 0;
let retryAt = 0;
let timer = null;

const layout = () => LAYOUTS.find(([, query]) => query.matches)?.[0] ?? "wide";

// A phone shows all lifelines on a tab of their own, and three of them under the map.
const chart = () => (layout() === "phone" && document.documentElement.dataset.tab === "lifelines" ? "tablet" : layout());

const address = () => {
  const query = new URLSearchParams({ layout: layout(), chart: chart(), language: document.documentElement.lang });
  const { revision } = document.getElementById("past").dataset;
  if (revision) query.set("at", revision);
  const density = new URLSearchParams(location.search).get("density");
  if (density) query.set("density", density);
  return `${live.dataset.url}?${query}`;
};

// Where in time this page wants to look; see rewind.js.
export const send = (text) => {
  if (connection?.socket?.readyState === WebSocket.OPEN) connection.socket.send(text);
};

// The next page comes in the right layout at once.
const remember = () => {
  document.cookie = `layout=${layout()}; path=/; max-age=31536000; samesite=lax`;
};

const connect = () => {
  clearInterval(timer);
  timer = null;
  live.setAttribute("hx-ws:connect", address());
  htmx.process(live, true);
};

const say = (text, assertive) => {
  document.dispatchEvent(new CustomEvent("say", { detail: { text, assertive } }));
};

const showWaiting = () => {
  const seconds = Math.ceil((retryAt - performance.now()) / 1000);
  if (seconds <= 0) {
    connect();
  } else {
    words.textContent = words.dataset.text.replace("{}", String(seconds));
    banner.hidden = failures < 2 && seconds < 2;
  }
};

const lost = () => {
  failures += 1;
  const pause = Math.min(LAST_TRY, FIRST_TRY * 2 ** (failures - 1));
  retryAt = performance.now() + pause * (0.7 + 0.6 * Math.random());
  if (failures === 2) say(banner.dataset.lost, true);
  clearInterval(timer);
  timer = setInterval(showWaiting, 250);
  showWaiting();
};

document.addEventListener("htmx:after:ws:connection", ({ detail }) => {
  connection = detail.connection;
});
document.addEventListener("htmx:ws:close", ({ detail }) => {
  if (detail.connection !== connection && connection?.socket?.readyState === WebSocket.OPEN) return;
  document.documentElement.removeAttribute("data-live");
  // The page that comes then says so.
  if (detail.code === GONE) location.reload();
  else if (detail.reason === "closed" && !document.hidden) lost();
});

// A frame has content, or calls, or both, or says why a moment cannot be shown.
const shown = ({ seq, calls, refused }) => {
  connection.socket.send(`ack ${seq}`);
  if (refused) document.dispatchEvent(new CustomEvent("toast", { detail: { title: refused, tone: "fail" } }));
  if (calls) document.dispatchEvent(new CustomEvent("calls", { detail: calls }));
};
document.addEventListener("htmx:before:ws:message", ({ detail }) => {
  const { message } = detail;
  if (message.json.content !== undefined) return;
  message.cancelled = true;
  shown(message.json);
});
document.addEventListener("htmx:after:ws:message", ({ detail }) => {
  const { news } = detail.message.json;
  shown(detail.message.json);
  if (failures > 1) say(banner.dataset.back, false);
  failures = 0;
  banner.hidden = true;
  document.documentElement.setAttribute("data-live", "");
  for (const item of news) {
    if (item.toast) document.dispatchEvent(new CustomEvent("toast", { detail: item }));
    else say([item.title, item.text].filter(Boolean).join(" "), false);
  }
});

// When an element with an id has moved into a new parent, htmx 4.0.0-beta6 makes that parent by
// document.createElement, and an <svg> or <g> made so is never drawn. The server's own element takes its place.
htmx.registerExtension("drawings", {
  htmx_before_morph_node: (made, { newNode }) => {
    if (made.namespaceURI === newNode.namespaceURI) return true;
    made.before(newNode);
    // The morph goes on behind what it made.
    queueMicrotask(() => made.remove());
    return false;
  },
});

banner.querySelector("button").addEventListener("click", connect);
document.addEventListener("tab", () => {
  if (new URL(live.getAttribute("hx-ws:connect"), location).searchParams.get("chart") !== chart()) connect();
});
for (const [, query] of LAYOUTS) {
  query.addEventListener("change", () => {
    remember();
    connect();
  });
}

remember();
connect();
