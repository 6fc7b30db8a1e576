// The dialog that compares two moments: it opens when it has come, and is empty when it is closed.
const dialog = () => document.getElementById("compare");

document.addEventListener("htmx:after:swap", () => {
  if (dialog().childElementCount && !dialog().open) dialog().showModal();
});
document.addEventListener("close", ({ target }) => target.id === "compare" && target.replaceChildren(), true);
