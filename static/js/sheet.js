// The selection above the phone's tabs: name, address, and the one thing to do with it.
import { current, element } from "./selection.js";

const sheet = document.getElementById("sheet");
const part = (name) => sheet.querySelector(`[data-sheet="${name}"]`);
const act = part("act");

const address = ({ ip, clusterIp }) => ip || clusterIp || "";

// The button on the map that the sheet's own button stands for.
const target = () => {
  const buttons = element()?.querySelectorAll(":scope > .kill, :scope > .power") ?? [];
  return buttons[buttons.length - 1] ?? null;
};

const words = (button) => {
  if (button.classList.contains("power")) return button.classList.contains("on") ? act.dataset.on : act.dataset.off;
  return button.classList.contains("force") ? act.dataset.force : act.dataset.kill;
};

const fill = () => {
  const item = element();
  sheet.toggleAttribute("data-shown", item !== null);
  if (!item) return;
  const { name, node, state } = item.dataset;
  part("name").textContent = name;
  part("address").textContent = address(item.dataset);
  part("where").textContent = node ? part("where").dataset.text.replace("{}", node) : "";
  sheet.querySelector("use").setAttribute("href", `#s-${state === "notready" ? "crashing" : state}`);
  sheet.dataset.state = state;
  const button = target();
  act.hidden = button === null || (button.classList.contains("force") && !button.hasAttribute("data-due"));
  if (button) {
    act.textContent = words(button);
    act.setAttribute("aria-label", button.getAttribute("aria-label"));
  }
};

act.addEventListener("click", () => {
  target()?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
});
document.addEventListener("selected", fill);
document.addEventListener("htmx:after:ws:message", () => current() && fill());
