// Draws simulated time. The server says in #clock what time it is, how fast it runs and whether it stands;
// from then on this page counts by itself, so nothing is sent because a second has passed. In simulated
// seconds since the epoch:
//   data-until data-text   the text, "{}" stands for the time left
//   data-from data-text    the text, "{}" stands for the time passed
//   .progress data-from data-until   a .done bar grows, .percent says how far
//   .force data-from       gets data-due then
//   data-shown-until       gets data-over then
const TICK = 100; // ms between two looks at texts and bars: at 20 times the speed two simulated seconds
const GHOST = 6000; // ms of real time for which the outline of a pod that is gone stays

let anchor = { simulated: 0, at: performance.now(), speed: 0, start: 0 };
const ghosts = new Map(); // id of an outline -> when it was first seen

export const now = () => anchor.simulated + ((performance.now() - anchor.at) / 1000) * anchor.speed;

// The clock's buttons are drawn once for all who look; here they are locked for those who may not press them.
// The server refuses them in any case.
const RANKS = { view: 1, act: 2, own: 3 };
const lock = () => {
  for (const region of document.querySelectorAll("[data-clock-role]")) {
    if (RANKS[document.documentElement.dataset.role] >= RANKS[region.dataset.clockRole]) continue;
    for (const button of region.querySelectorAll("button")) {
      button.setAttribute("aria-disabled", "true");
      button.title = region.dataset.locked;
    }
  }
};

const two = (number) => String(number).padStart(2, "0");

// As clock_text() in times.py: m:ss, from an hour on h:mm:ss.
export const clockText = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

// "4 s", from two minutes on "7 min". Units are the same in every language here.
const duration = (seconds) => (seconds < 120 ? `${Math.floor(seconds)} s` : `${Math.floor(seconds / 60)} min`);

// As left_text() in times.py: "38 s", from two minutes on "4 min 10 s".
const left = (seconds) => {
  const rest = seconds % 60;
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ""}`;
};

// As kubectl's AGE: 45s, 3m20s, 12m, 3h.
const age = (seconds) => {
  const minutes = Math.floor(seconds / 60);
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  if (minutes < 10) return `${minutes}m${Math.floor(seconds % 60) ? `${Math.floor(seconds % 60)}s` : ""}`;
  return minutes < 180 ? `${minutes}m` : `${Math.floor(minutes / 60)}h`;
};

const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

const read = () => {
  const { simulated, speed, paused, start } = document.getElementById("clock").dataset;
  anchor = {
    simulated: Number(simulated),
    at: performance.now(),
    speed: paused === "true" ? 0 : Number(speed),
    start: Number(start),
  };
};

const drawTexts = (t) => {
  for (const element of document.querySelectorAll("[data-text][data-until]:not([data-counts])")) {
    const seconds = Math.max(0, Math.ceil(Number(element.dataset.until) - t));
    write(element, element.dataset.text.replace("{}", element.matches(".left") ? left(seconds) : duration(seconds)));
  }
  for (const element of document.querySelectorAll("[data-text][data-from]:not([data-until])")) {
    const passed = Math.max(0, t - Number(element.dataset.from));
    const told = element.classList.contains("event-age") ? age(passed) : duration(passed);
    write(element, element.dataset.text.replace("{}", told));
  }
};

const drawProgress = (t) => {
  const steps = document.documentElement.dataset.motion === "off" ? 10 : 100;
  for (const element of document.querySelectorAll(".progress[data-until]")) {
    const from = Number(element.dataset.from);
    const part = Math.min(1, Math.max(0, (t - from) / (Number(element.dataset.until) - from || 1)));
    element.querySelector(".done").style.transform = `scaleX(${Math.floor(part * steps) / steps})`;
    write(element.querySelector(".percent"), `${Math.floor(part * 100)} %`);
  }
};

const drawForce = (t) => {
  for (const button of document.querySelectorAll(".force[data-from]")) {
    button.toggleAttribute("data-due", t >= Number(button.dataset.from));
  }
};

const drawEnds = (t) => {
  for (const element of document.querySelectorAll("[data-shown-until]")) {
    element.toggleAttribute("data-over", t >= Number(element.dataset.shownUntil));
  }
};

const drawGhosts = () => {
  const found = document.querySelectorAll(".gone[id]");
  if (!found.length) ghosts.clear();
  for (const ghost of found) {
    if (!ghosts.has(ghost.id)) ghosts.set(ghost.id, performance.now());
    const called = "called" in ghost.dataset;
    ghost.toggleAttribute("data-over", !called && performance.now() - ghosts.get(ghost.id) > GHOST);
  }
};

export const draw = () => {
  const t = now();
  write(document.getElementById("clock"), clockText(t - anchor.start));
  drawTexts(t);
  drawProgress(t);
  drawForce(t);
  drawEnds(t);
  drawGhosts();
};

window.lifelinesClock = { now };
read();
lock();
draw();
setInterval(draw, TICK);
// A frame puts the server's words back; they must not be seen.
document.addEventListener("htmx:after:ws:message", () => {
  read();
  lock();
  draw();
});
