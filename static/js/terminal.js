// The terminal: one line to type in, like a shell's, and what becomes of it. One command runs at a time;
// what is typed or pasted meanwhile is its input if it reads, and runs after it if not.
import { clear, command, fail, note, ours, print, span, text, toEnd, typed } from "./terminal_log.js";
import { connect, isOpen, on, send } from "./terminal_socket.js";
import { lose, refuse } from "./editor.js";
import { copy, keep, kept, showTab } from "./page.js";

const REMEMBERED = 500; // lines
const SLOW = 250; // ms after which it is told that a command runs
const PACE = 60; // ms between a command and what waits for its end: the server runs 20 lines a second

const terminal = document.getElementById("terminal");
const words = terminal.dataset;
const input = document.getElementById("command");
const [prompt, list, queue, size] = [".prompt", ".terminal-candidates", ".terminal-waiting", "select"].map((part) =>
  terminal.querySelector(part),
);
const PAST = `terminal-${words.url}`;

let number = 0; // of the last question to the server
let running = 0; // the number of the command that runs
let slow = null;
let [reads, echoes] = [false, true]; // or the command itself prints what it reads
let waiting = []; // lines that run next
let asked = null; // {complete, cursor, id}: the line as it is, if a completion was asked for
let inside = []; // what was typed to the command that reads
let past = JSON.parse(kept(PAST) ?? "[]");
let at = past.length; // where ↑ and ↓ are
let draft = ""; // what was being typed before ↑

const fill = (line, cursor = line.length) => {
  input.value = line;
  input.setSelectionRange(cursor, cursor);
  input.focus({ preventScroll: true });
  [list.textContent, asked] = ["", null];
};

const showState = () => {
  const busy = running && !reads;
  prompt.textContent = busy ? "…" : reads ? "" : "$";
  input.placeholder = busy ? words.runs : " ";
  queue.textContent = waiting.map((line) => `$ ${line}`).join("\n");
};

const start = () => {
  while (!running && waiting.length && isOpen()) {
    const line = waiting.shift();
    command(line);
    if (line.trim()) send({ run: line, id: (running = ++number) });
  }
  clearTimeout(slow);
  slow = setTimeout(showState, running && !waiting.length ? SLOW : 0);
};

const stop = () => {
  running = 0;
  if (reads) [reads, at] = [false, past.length];
  setTimeout(start, PACE);
};

const enter = (line) => {
  if (reads) {
    if (echoes) typed(`${line}\n`);
    at = inside.push(line);
    return send({ input: `${line}\n` });
  }
  if (line.trim() && line !== past.at(-1)) past = [...past, line].slice(-REMEMBERED);
  keep(PAST, JSON.stringify(past));
  [at, draft] = [past.length, ""];
  waiting.push(line);
  connect();
  start();
};

const recall = (step) => {
  const lines = reads ? inside : past;
  if (at === lines.length) draft = input.value;
  at = Math.min(lines.length, Math.max(0, at + step));
  fill(lines[at] ?? draft);
};

const interrupt = () => {
  if (running) {
    if (echoes || !reads) typed("^C\n");
    send({ interrupt: true });
  } else command(`${input.value}^C`);
  waiting = [];
  fill("");
  start();
};

// The field is no trap: once this is said, Tab leaves it.
const leaves = () => {
  if (!list.querySelector(".note")) list.append(ours(words.leaves));
  toEnd();
};
const complete = () => {
  if (running || asked) return leaves();
  send((asked = { complete: input.value, cursor: input.selectionStart, id: ++number }));
};

on("candidates", (found, { id, start: from }) => {
  if (id !== asked?.id || document.activeElement !== input) return;
  const { complete: line, cursor } = asked;
  let whole = found[0] ?? "";
  while (!found.every((word) => word.startsWith(whole))) whole = whole.slice(0, -1);
  const grows = whole.length > cursor - from;
  const put = (word) => fill(line.slice(0, from) + word + line.slice(cursor), from + word.length);
  if (grows) put(whole);
  if (found.length > 1 && !list.querySelector(".candidate")) {
    const offered = (word) => Object.assign(span("candidate", word.trim()), { onclick: () => put(word) });
    list.prepend(...found.flatMap((word) => [offered(word), "   "]));
  } else if (!grows) leaves();
  toEnd();
});

const KEYS = {
  Enter: () => {
    const line = input.value;
    fill("");
    enter(line);
  },
  ArrowUp: () => recall(-1),
  ArrowDown: () => recall(1),
  Tab: complete,
  Escape: () => document.querySelector('#map [role=button][tabindex="0"]')?.focus(),
};
const CONTROL = {
  c: interrupt,
  d: () => running && send({ end: true }),
  l: clear,
  u: () => fill(input.value.slice(input.selectionEnd), 0),
};
const copies = () => input.selectionStart !== input.selectionEnd || !getSelection().isCollapsed;
const completes = (event) => !event.shiftKey && input.value.trim() !== "" && !list.querySelector(".note");

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.metaKey) return;
  const does = event.ctrlKey ? CONTROL[event.key.toLowerCase()] : KEYS[event.key];
  if (!does || (does === interrupt && copies()) || (does === complete && !completes(event))) return;
  event.preventDefault();
  does();
});
input.addEventListener("input", () => ([list.textContent, asked] = ["", null]));
input.addEventListener("focus", connect);
input.addEventListener("paste", (event) => {
  const pasted = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
  if (!pasted.includes("\n")) return;
  event.preventDefault();
  input.setRangeText(pasted.replaceAll("\n", "\v"), input.selectionStart, input.selectionEnd, "end");
  const lines = input.value.split("\v");
  fill(lines.pop());
  for (const line of lines) enter(line);
});

on("out", print);
on("err", fail);
on("reads", (does, { echo = true }) => {
  [reads, echoes, inside] = [does, echo, []];
  at = does ? 0 : past.length;
  showState();
});
on("clear", clear);
on("refused", (reason) => refuse(reason) || note(reason));
on("done", (_code, { id, notes = [] }) => {
  if (id !== running) return;
  notes.forEach(note);
  document.dispatchEvent(new CustomEvent("made"));
  stop();
});
on("open", (failures) => {
  if (failures) note(words.back);
  start();
});
on("lost", (failures) => {
  if (!failures) note(running ? words.unknown : words.lost);
  lose();
  stop();
});

export const focusTerminal = () => {
  showTab("terminal");
  input.focus();
};

terminal.addEventListener("click", ({ target, pointerType }) => {
  const { command: line, key } = target.closest(".chip")?.dataset ?? {};
  if (line) enter(line);
  if (key) (KEYS[key] ?? interrupt)();
  if (target.closest("#terminal-copy")) copy(text(), "");
  const ground = target.closest(".terminal-body") && pointerType === "mouse" && getSelection().isCollapsed;
  if (line || key || ground) input.focus({ preventScroll: true });
});
// After something was selected in the output, what is typed goes to the line all the same.
terminal.addEventListener("keydown", ({ target, key, ctrlKey, metaKey }) => {
  if (key.length === 1 && !ctrlKey && !metaKey && !target.closest("button, select, input")) input.focus();
});

size.value = kept("terminal-size") ?? (matchMedia("(max-width: 599px)").matches ? "12" : "10.8");
const resize = () => terminal.style.setProperty("--size", `${size.value}px`);
size.addEventListener("change", () => {
  keep("terminal-size", size.value);
  resize();
});
resize();
// How much of a phone's window its keyboard takes.
visualViewport.addEventListener("resize", () => {
  terminal.style.setProperty("--keyboard", `${Math.max(0, innerHeight - visualViewport.height)}px`);
});
