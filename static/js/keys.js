// The keyboard: arrows walk over the map, single keys command. Single keys work only while no text field
// has the focus, and can be switched off (WCAG 2.1.4).
import { current, deselect, element } from "./selection.js";
import { closeAll, setting } from "./page.js";
import { find } from "./find.js";
import { KEYS } from "./rewind.js";
import { focusTerminal } from "./terminal.js";

const map = () => document.getElementById("map");
const nodes = () => [...map().querySelectorAll('[data-kind="Node"]')];
const pods = (node) => [...node.querySelectorAll('[data-kind="Pod"]')];
const button = (group) => group?.querySelector("[role=button]");

// The map is one tab stop: the button that had the focus last. Tab goes on to its Kill or Power.
const moveStop = (target) => {
  const group = target.closest("[data-kind]");
  for (const other of map().querySelectorAll('.node [role=button][tabindex="0"]')) other.tabIndex = -1;
  for (const part of group.querySelectorAll(":scope > [role=button]")) part.setAttribute("tabindex", "0");
};

const focus = (group) => {
  const target = button(group);
  if (target) target.focus();
  return Boolean(target);
};

const walk = (key) => {
  const here = document.activeElement.closest("#map [data-kind]");
  if (!here || here.dataset.kind === "Service") return focus(nodes()[0]);
  const node = here.closest('[data-kind="Node"]');
  const all = nodes();
  const at = all.indexOf(node);
  if (key === "ArrowLeft") return focus(all[Math.max(0, at - 1)]);
  if (key === "ArrowRight") return focus(all[Math.min(all.length - 1, at + 1)]);
  if (key === "Home") return focus(all[0]);
  if (key === "End") return focus(all[all.length - 1]);
  const inside = [node, ...pods(node)];
  const next = inside.indexOf(here) + (key === "ArrowDown" ? 1 : -1);
  return focus(inside[Math.min(inside.length - 1, Math.max(0, next))]);
};

const press = (id) => document.getElementById(id)?.click();

const kill = () => {
  const target = element() ?? document.activeElement?.closest('#map [data-kind="Pod"]');
  const buttons = target?.querySelectorAll(":scope > .kill") ?? [];
  buttons[buttons.length - 1]?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
};

const COMMANDS = {
  ...KEYS,
  " ": () => press("pause"),
  ".": () => press("step"),
  n: () => press("skip"),
  1: () => press("speed-1"),
  2: () => press("speed-5"),
  3: () => press("speed-20"),
  k: kill,
  g: () => press("open-build"),
  d: () => document.querySelector("[data-theme-toggle]").click(),
  "`": focusTerminal,
  "₩": focusTerminal, // the same key of a Korean keyboard
  "/": find,
  "?": () => press("open-keys"),
};

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], .terminal");

document.addEventListener("focusin", ({ target }) => {
  if (target.closest?.("#map .node [role=button]")) moveStop(target);
});

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || target.closest?.("dialog")) return;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
    event.preventDefault();
    find();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") {
    if (!closeAll() && current()) deselect();
    return;
  }
  if (typing(target)) return;
  // Space selects what has the focus; of what is selected already it pauses, as everywhere.
  const drawn = target.closest?.("svg [role=button]");
  const chosen = drawn && drawn === button(element());
  if (drawn && (key === "Enter" || (key === " " && !chosen))) {
    event.preventDefault();
    drawn.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  } else if (target.closest?.("#map") && /^(Arrow|Home|End)/.test(key)) {
    if (walk(key)) event.preventDefault();
  } else if (setting("keys") && COMMANDS[key.toLowerCase()] && !(key === " " && target.closest?.("button, a, summary"))) {
    event.preventDefault();
    COMMANDS[key.toLowerCase()]();
  }
});

// Whoever vanished may have been the map's tab stop.
document.addEventListener("htmx:after:ws:message", () => {
  if (!map().querySelector('.node [role=button][tabindex="0"]')) {
    button(nodes()[0])?.setAttribute("tabindex", "0");
  }
});

