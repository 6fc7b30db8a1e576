// Find a pod, node or Service by a part of its name or address: a dialog with one field. Enter takes the
// first match, Tab goes to the others.
import { element, select } from "./selection.js";

const MOST = 8;

const dialog = document.getElementById("find");
const field = dialog.querySelector("input");
const list = dialog.querySelector("ul");
const count = dialog.querySelector("[role=status]");

const addresses = ({ ip, clusterIp, externalIp }) => [ip, clusterIp, externalIp].filter(Boolean);

const matches = () => {
  const wanted = field.value.trim().toLowerCase();
  if (!wanted) return [];
  return [...document.querySelectorAll("#map [data-kind][data-name]")].filter(({ dataset }) =>
    [dataset.name, ...addresses(dataset)].some((text) => text.toLowerCase().includes(wanted)),
  );
};

const choose = (item) => {
  dialog.close();
  select(item);
  element()?.querySelector("[role=button]")?.focus();
};

const entry = (item) => {
  const { kind, name } = item.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "found mono";
  button.textContent = [kind, name, addresses(item.dataset)[0]].filter(Boolean).join(" · ");
  button.addEventListener("click", () => choose(item));
  const line = document.createElement("li");
  line.append(button);
  return line;
};

const fill = () => {
  const found = matches();
  list.replaceChildren(...found.slice(0, MOST).map(entry));
  count.textContent = field.value.trim() ? count.dataset.text.replace("{}", String(found.length)) : "";
};

export const find = () => {
  field.value = "";
  fill();
  if (!dialog.open) dialog.showModal();
  field.focus();
};

field.addEventListener("input", fill);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const [first] = matches();
  if (first) choose(first);
});
