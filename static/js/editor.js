// The files of the terminal, and the editor for one text. Tab moves the focus as everywhere, Ctrl+S saves,
// and what was changed is not lost by Escape.
import { on, send } from "./terminal_socket.js";

const files = document.getElementById("files");
const editor = document.getElementById("editor");
const list = files.querySelector("ul");
const [title, field, told] = ["#editor-name", "textarea", ".error"].map((part) => editor.querySelector(part));
const button = (act) => editor.querySelector(`[data-act="${act}"]`);
let edited = null; // {id, name, text}: what was opened; a command waits for one with an id
let saving = false;

const tell = (reason) => {
  told.textContent = told.dataset[reason] ?? "";
  button("discard").hidden = reason === "";
  (reason ? button("discard") : field).focus();
};

const open = (wanted) => {
  if (!saving) tell("");
  edited = wanted;
  saving = false;
  title.textContent = wanted.name;
  field.value = wanted.text;
  field.setSelectionRange(0, 0);
  button("save").disabled = false;
  files.close();
  editor.showModal();
  field.focus();
};

const end = (text) => {
  const { id, name } = edited;
  editor.close();
  edited = null;
  if (id !== undefined) send({ edited: { id, text } });
  else if (text !== null) {
    saving = true;
    send({ save: { name, text } });
  }
};
const acts = {
  save: () => button("save").disabled || end(field.value),
  close: () => (field.value === edited.text ? end(null) : tell("changed")),
  discard: () => end(null),
};

editor.addEventListener("click", ({ target }) => acts[target.dataset.act]?.());
editor.addEventListener("keydown", (event) => {
  const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
  if (event.isComposing || !(saves || event.key === "Escape")) return;
  event.preventDefault();
  if (saves) acts.save();
  else if (button("discard").hidden) acts.close();
  else tell("");
});

const made = (ariaLabel, className, textContent, onclick) =>
  Object.assign(document.createElement("button"), { type: "button", ariaLabel, className, textContent, onclick });

const line = ({ name, bytes }) => {
  const element = document.createElement("li");
  element.append(
    made(list.dataset.opening.replace("{}", name), "found mono", name, () => send({ open: name })),
    `${bytes} B`,
    made(list.dataset.removing.replace("{}", name), "button button-bin", "×", () => send({ remove: name })),
  );
  return element;
};

on("edit", open);
on("files", (found) => {
  saving = false;
  list.replaceChildren(...(found.length ? found.map(line) : [list.dataset.none]));
});
// What the server refused is told beside what was refused: true if it was here.
export const refuse = (reason) => {
  const place = saving ? told : files.querySelector(".error");
  if (saving || files.open) place.textContent = reason;
  return saving || files.open;
};
// The command that asked for the text has ended.
export const lose = () => {
  if (edited?.id === undefined) return;
  button("save").disabled = true;
  tell("lost");
};

document.getElementById("terminal-files").addEventListener("click", () => {
  files.querySelector(".error").textContent = "";
  send({ files: true });
  files.showModal();
});
files.querySelector(".file-new").addEventListener("submit", (event) => {
  event.preventDefault();
  open({ name: event.target.elements.name.value.trim(), text: "" });
  event.target.reset();
});
