// What the inspector needs beyond its links: arrow keys on its tabs, the step that is under way in view, and
// the way to the form for a Service.
const tabs = (tab) => [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];

const neighbour = (tab, key) => {
  const all = tabs(tab);
  const at = all.indexOf(tab);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[key];
  return next === undefined ? null : all[(next + all.length) % all.length];
};

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("#inspector [role=tab]");
  const next = tab && neighbour(tab, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
});

// A form of the panel that builds things, open and in view.
const reveal = (field) => {
  const build = document.getElementById("build");
  field.closest("details").open = true;
  if (build.offsetParent === null || getComputedStyle(build).visibility === "hidden") {
    document.querySelector('[data-opens="build"]')?.click();
  }
  field.focus();
};

document.addEventListener("click", (event) => {
  const { expose, call, port } = event.target.closest("[data-expose], [data-call]")?.dataset ?? {};
  if (expose) {
    const field = document.getElementById("expose-controller");
    field.value = expose;
    reveal(field);
  } else if (call) {
    document.getElementById("client-target").value = call;
    document.getElementById("client-port").value = port;
    reveal(document.getElementById("client-source"));
  }
});

// Only when the story has gone on: who has scrolled back to read is left alone.
let shown = "";
document.addEventListener("htmx:after:swap", () => {
  const body = document.getElementById("inspector-body");
  if (!body) return;
  const { uid, tab } = document.getElementById("inspector").dataset;
  const story = [uid, tab, body.querySelectorAll("#inspector-body > .chain > .step").length].join();
  if (story === shown) return;
  shown = story;
  const reads = body.querySelector("[aria-current=step]") && !body.querySelector(".reason:not([data-tone=quiet])");
  body.scrollTop = reads ? body.scrollHeight : 0;
});
