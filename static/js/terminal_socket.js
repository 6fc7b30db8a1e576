// The socket of the terminal: opened when somebody wants it, and again after a loss. What is sent meanwhile
// goes when it is back; commands wait in terminal.js.
const FIRST_TRY = 500; // ms; doubled after each failure
const LAST_TRY = 15000;
// Close codes: the cluster is no more, or no longer this person's; this person has too many terminals open.
const GONE = 4404;
const TOO_MANY = 4429;

const { url } = document.getElementById("terminal").dataset;
const listeners = {}; // what the server says, by the name of the field -> what is done with it
let [socket, retry] = [null, 0];
let unsent = [];
let failures = 0;

export const on = (name, does) => (listeners[name] = does);
export const isOpen = () => socket?.readyState === WebSocket.OPEN;

const tell = (name, value, message) => listeners[name]?.(value, message);

export const connect = () => {
  if (socket) return;
  clearTimeout(retry);
  const query = new URLSearchParams({ language: document.documentElement.lang });
  socket = new WebSocket(`${location.origin.replace("http", "ws")}${url}?${query}`);
  socket.addEventListener("open", () => {
    tell("open", failures);
    failures = 0;
    for (const text of unsent.splice(0)) socket.send(text);
  });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    for (const [name, value] of Object.entries(message)) tell(name, value, message);
  });
  socket.addEventListener("close", ({ code }) => {
    socket = null;
    if (code === GONE) location.reload();
    if (code === GONE || code === TOO_MANY) return;
    tell("lost", failures);
    retry = setTimeout(connect, Math.min(LAST_TRY, FIRST_TRY * 2 ** failures) * (0.7 + 0.6 * Math.random()));
    failures += 1;
  });
};

export const send = (message) => {
  connect();
  if (isOpen()) socket.send(JSON.stringify(message));
  else unsent.push(JSON.stringify(message));
};
