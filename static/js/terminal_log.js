// What the terminal has printed: text as it came, in blocks of lines that the browser need not lay out while
// they are out of sight. What the map knows gets a colour, and the text stays the same. Notes are ours, in
// the reader's language, and never part of what is copied.
import { select } from "./selection.js";

const BLOCK = 100; // lines
const MOST = 1_400_000; // characters kept, a line counting as 200 more: about 5,000 lines
// A table's header, or a word that may have a meaning. States are words in a column.
const TOKEN = /^(?=.* {2})[A-Z][A-Z-]*(?: +[A-Z][\w()/%-]*)+ *$|[^\s,:"'()=/<>[\]]+/gm;
const SPOKEN = 12; // lines read aloud at once; of more it is told how many they are, and the last two
const STATES = [
  ["t-run", /^(Running|Completed|Ready|Active|Bound)$/],
  ["t-work", /^(Pending|ContainerCreating|PodInitializing)$/],
  ["t-fail", /^(\w*(BackOff|Error|Err[A-Z]\w+)|InvalidImageName|OOMKilled|Failed|Evicted|NotReady)$/],
];

const body = document.querySelector(".terminal-body");
const [log, tail, spoken] = ["log", "tail", "spoken"].map((part) => document.querySelector(`.terminal-${part}`));
const [blocks, unspoken] = [[], []]; // {element, lines, weight}, the oldest first; texts
let pending = []; // [text, how]: drawn in the next frame
let ends = true; // whether the last line is complete
let speaking = 0;

// The map's pods, and the addresses of pods and Services.
const facts = () => {
  const known = new Map();
  for (const { dataset } of document.querySelectorAll("#map [data-ip], #map [data-cluster-ip]")) {
    if (dataset.kind === "Pod") known.set(dataset.name, "t-pod");
    if (dataset.ip) known.set(dataset.ip, "t-ip");
    if (dataset.clusterIp) known.set(dataset.clusterIp, "t-svc");
  }
  return known;
};

export const span = (className, ...parts) => {
  const element = Object.assign(document.createElement("span"), { className });
  element.append(...parts);
  return element;
};
export const ours = (text) => Object.assign(span("note", text), { lang: document.documentElement.lang });

const coloured = (text, known) => {
  const parts = [];
  let from = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    let tone = token.includes("  ") ? "t-head" : known.get(token);
    if (!tone && text.startsWith("   ", index - 3)) tone = STATES.find(([, words]) => words.test(token))?.[0];
    if (!tone) continue;
    parts.push(text.slice(from, index), span(tone, token));
    from = index + token.length;
  }
  return [...parts, text.slice(from)];
};

const block = () => {
  if (!blocks.length || blocks.at(-1).lines >= BLOCK) {
    log.append(Object.assign(document.createElement("div"), { className: "terminal-block" }));
    blocks.push({ element: log.lastChild, lines: 0, weight: 0 });
  }
  return blocks.at(-1);
};

const write = (text, draw) => {
  while (text) {
    const into = block();
    let end = 0;
    while (end < text.length && into.lines < BLOCK) {
      end = text.indexOf("\n", end) + 1 || text.length;
      into.lines += text[end - 1] === "\n";
    }
    into.element.append(...draw(text.slice(0, end)));
    into.weight += end;
    ends = text[end - 1] === "\n";
    text = text.slice(end);
  }
};

const weighs = () => blocks.reduce((sum, { weight, lines }) => sum + weight + 200 * lines, 0);
// Whether there is more to the right, which a fade tells.
const fade = () => body.toggleAttribute("data-more", body.scrollLeft + body.clientWidth < body.scrollWidth - 1);
const speak = () => {
  const lines = unspoken.splice(0).join("\n").trimEnd().split(/\n+/);
  if (lines.length > SPOKEN) lines.splice(0, lines.length - 2, spoken.dataset.lines.replace("{}", lines.length));
  spoken.textContent = lines.join("\n");
};
export const toEnd = () => (body.scrollTop = body.scrollHeight);

const flush = () => {
  const stays = body.scrollTop + body.clientHeight > body.scrollHeight - 12;
  const known = facts();
  for (const [text, how] of pending.splice(0)) {
    if (how !== "t-typed") unspoken.push(text);
    if (how === "note") block().element.append(ours(`↳ ${text}`));
    else if (how === "out") write(text, (piece) => coloured(piece, known));
    else write(text, (piece) => [span(how === "err" && ends && piece.endsWith("\n") ? "t-wrap" : how, piece)]);
  }
  while (blocks.length > 1 && weighs() > MOST) blocks.shift().element.remove();
  tail.textContent = ends ? "" : blocks.at(-1).element.textContent.split("\n").at(-1);
  clearTimeout(speaking);
  speaking = setTimeout(speak, 300); // ms
  if (stays) toEnd();
  fade();
};

const later = (text, how) => {
  if (!pending.length) requestAnimationFrame(flush);
  const last = pending.at(-1);
  if (how !== "note" && last?.[1] === how) last[0] += text;
  else pending.push([text, how]);
};

export const [print, fail, note, typed] = ["out", "err", "note", "t-typed"].map((how) => (text) => later(text, how));

// A command that runs: after its prompt, on a line of its own.
export const command = (text) => {
  flush();
  if (!ends) write("\n", (piece) => [piece]);
  write(`$ ${text}\n`, () => [span("t-wrap t-line", span("t-prompt", "$ "), span("t-typed", `${text}\n`))]);
  flush();
  toEnd();
};

export const clear = () => {
  pending = [];
  ends = true;
  blocks.length = 0;
  log.replaceChildren();
  flush();
};

const without = (fragment) => {
  for (const note of fragment.querySelectorAll(".note")) note.remove();
  return fragment.textContent;
};
export const text = () => without(log.cloneNode(true));

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (selection.isCollapsed || !log.contains(selection.anchorNode) || !log.contains(selection.focusNode)) return;
  event.clipboardData.setData("text/plain", without(selection.getRangeAt(0).cloneContents()));
  event.preventDefault();
});

// A pod's name selects it, an address shows whose it is.
const onMap = (attribute, value) => document.querySelectorAll(`#map [${attribute}="${CSS.escape(value)}"]`);
log.addEventListener("click", ({ target }) => {
  if (!target.matches(".t-pod") || !getSelection().isCollapsed) return;
  const pod = [...onMap("data-name", target.textContent)].find(({ dataset }) => dataset.kind === "Pod");
  if (pod) select(pod);
});
const point = ({ target, type }) => {
  if (!target.matches(".t-ip, .t-svc")) return;
  for (const owner of [...onMap("data-ip", target.textContent), ...onMap("data-cluster-ip", target.textContent)]) {
    owner.toggleAttribute("data-pointed", type === "mouseover");
  }
};
log.addEventListener("mouseover", point);
log.addEventListener("mouseout", point);
body.addEventListener("scroll", fade, { passive: true });
new ResizeObserver(fade).observe(body);
