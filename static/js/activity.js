// Lights what is at work: a part of the control plane that has just done something, the way to the node
// that was told, and you, when a command of yours was done. What is lit says so in words as well.
const HOLD = 600; // ms

const lit = new Map(); // selector -> when it goes out
let said = null; // what each part of the control plane said last
let states = null; // the last state of each pod, by uid

const show = () => {
  const now = performance.now();
  for (const [selector, until] of lit) {
    for (const element of document.querySelectorAll(selector)) element.toggleAttribute("data-lit", now < until);
    if (now >= until) lit.delete(selector);
  }
};

const light = (...selectors) => {
  for (const selector of selectors) lit.set(selector, performance.now() + HOLD);
  setTimeout(show, HOLD + 20);
};

const place = (key) => `#map [data-place="${key}"]`;

// etcd is left out: it is told of everything.
const saying = () => {
  const found = {};
  for (const key of ["apiserver", "controllers", "scheduler"]) {
    found[key] = document.querySelector(`${place(key)} .m-place-text`)?.textContent;
  }
  return found;
};

const podStates = () => {
  const pods = [...document.querySelectorAll('#map [data-kind="Pod"]')];
  return new Map(pods.map(({ dataset }) => [dataset.uid, { state: dataset.state, node: dataset.node }]));
};

const kubelet = (node) => {
  const name = CSS.escape(node);
  return [`#map .m-command[data-node="${name}"]`, `#map [data-kind="Node"][data-name="${name}"] [data-chip="kubelet"]`];
};

const look = () => {
  const words = saying();
  const pods = podStates();
  if (said) {
    for (const [key, text] of Object.entries(words)) {
      if (text !== said[key]) light(place(key));
    }
    for (const [uid, { state, node }] of pods) {
      if (node && state !== states.get(uid)?.state) light(place("apiserver"), ...kubelet(node));
    }
  }
  said = words;
  states = pods;
  show();
};

look();
document.addEventListener("htmx:after:ws:message", look);
document.addEventListener("made", () => {
  light("#route-api", place("apiserver"));
  show();
});
