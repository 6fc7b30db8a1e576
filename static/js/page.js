// The frame of the page: drawers, tabs, settings, copying. What is open is this page's own and survives
// frames, because it is kept on elements that no frame replaces.
const root = document.documentElement;
const byId = (id) => document.getElementById(id);

// What this browser keeps, if it keeps anything.
export const kept = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
export const keep = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {}
};

// Settings: checkboxes with data-setting, kept and shown as attributes of <html>.
const settings = [...document.querySelectorAll("[data-setting]")];
const show = ({ checked, dataset }) => {
  root.toggleAttribute(`data-${dataset.setting}`, checked);
  // The name by which style sheets of the whole site know it.
  if (dataset.setting === "still") root.dataset.motion = checked ? "off" : "on";
};
for (const box of settings) {
  const before = kept(`setting-${box.dataset.setting}`);
  if (before !== null) box.checked = before === "1";
  show(box);
  box.addEventListener("change", () => {
    keep(`setting-${box.dataset.setting}`, box.checked ? "1" : "0");
    show(box);
  });
}
export const setting = (name) => settings.find((box) => box.dataset.setting === name)?.checked ?? false;

// Drawers: a button with aria-controls opens its element, which has data-open while it is open.
const opener = (drawer) => document.querySelector(`[data-opens="${drawer.id}"]`);
const setOpen = (drawer, open) => {
  drawer.toggleAttribute("data-open", open);
  for (const button of document.querySelectorAll(`[data-opens="${drawer.id}"]`)) {
    button.setAttribute("aria-expanded", String(open));
  }
};
export const closeAll = () => {
  const open = [...document.querySelectorAll("[data-open]")];
  for (const drawer of open) {
    const inside = drawer.contains(document.activeElement);
    setOpen(drawer, false);
    if (inside) opener(drawer)?.focus();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  return open.length > 0;
};

// Tabs of the phone, and below the map of a small window: the page shows the part that <html data-tab> names.
export const showTab = (name) => {
  root.dataset.tab = name;
  for (const tab of document.querySelectorAll("[data-shows]")) {
    if (tab.dataset.shows === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (matchMedia("(max-width: 599px)").matches) scrollTo(0, 0);
  document.dispatchEvent(new CustomEvent("tab"));
};
showTab("cluster");

// Plain http on a LAN has no clipboard: the text is selected, so that the reader can copy it.
export const copy = async (text, told = text) => {
  const words = byId("copied").dataset;
  try {
    await navigator.clipboard.writeText(text);
    document.dispatchEvent(new CustomEvent("toast", { detail: { title: words.copied, text: told } }));
  } catch {
    const field = byId("copied");
    field.hidden = false;
    field.value = text;
    field.focus();
    field.select();
    document.dispatchEvent(new CustomEvent("toast", { detail: { title: words.selected, text: told } }));
    field.addEventListener("blur", () => (field.hidden = true), { once: true });
  }
};

document.addEventListener("click", (event) => {
  const target = event.target;
  const opens = target.closest("[data-opens]");
  const closes = target.closest("[data-closes]");
  const tab = target.closest("[data-shows]");
  const copies = target.closest("[data-copy]");
  if (opens) {
    const drawer = byId(opens.dataset.opens);
    const open = !drawer.hasAttribute("data-open");
    setOpen(drawer, open);
    if (open) drawer.querySelector("input, select, textarea, button")?.focus();
  }
  if (closes) setOpen(byId(closes.dataset.closes), false);
  if (tab) showTab(tab.dataset.shows);
  if (copies) copy(copies.dataset.copy);
  if (target.closest("#open-keys")) byId("keys").showModal();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target) || target.closest(".menu-item")) menu.open = false;
  }
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-submits]")) target.form.requestSubmit();
});

// What a form has made is shown; on small windows the panel makes room for the map.
document.addEventListener("made", ({ target }) => {
  const next = byId(target.dataset?.next ?? "");
  if (next) next.open = true;
  if (target.closest?.("#build") && matchMedia("(max-width: 1279px)").matches) {
    setOpen(byId("build"), false);
    showTab("cluster");
  }
});

// A Service is called like its controller until somebody types another name.
const controller = () => byId("expose-controller").value.split("/").pop();
const service = byId("expose-name");
let typed = false;
const follow = () => {
  if (!typed && controller()) service.value = controller();
};
service.addEventListener("input", () => (typed = service.value !== ""));
for (const kind of ["change", "focusin", "htmx:after:ws:message"]) document.addEventListener(kind, follow);
