// The theme: the system's until the reader picks one. Loaded in the head, before anything is drawn, so
// that a dark page never flashes white; the button is bound when the page is there.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  // Storage throws where the browser forbids it; the theme then lasts as long as the page.
  const remembered = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const remember = (theme) => {
    try {
      localStorage.setItem("theme", theme);
    } catch {}
  };

  const current = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const show = (theme) => {
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  };

  const label = () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const text = current() === "dark" ? button.dataset.toLight : button.dataset.toDark;
      button.setAttribute("aria-label", text);
      button.title = text;
    }
  };

  show(remembered());
  document.addEventListener("DOMContentLoaded", label);
  system.addEventListener("change", label);
  addEventListener("storage", (event) => {
    if (event.key === "theme") {
      show(event.newValue);
      label();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    show(current() === "dark" ? "light" : "dark");
    remember(root.dataset.theme);
    label();
  });
})();
