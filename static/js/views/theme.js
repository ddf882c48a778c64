/**
 * Light or dark: the system's choice, unless the person chose here.
 * It never colours anything: the style sheet and the map do.
 */

const KEY = "theme";
const dark = () => matchMedia("(prefers-color-scheme: dark)");

/** @returns {"light"|"dark"} What is shown now. */
export function themeNow() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return dark().matches ? "dark" : "light";
}

/** Wire the button; `changed(theme)` is called on every change, the system's too. */
export function createTheme(button, changed) {
  const tell = () => {
    button.setAttribute("aria-pressed", String(themeNow() === "dark"));
    changed(themeNow());
  };
  button.addEventListener("click", () => {
    choose(themeNow() === "dark" ? "light" : "dark");
    tell();
  });
  dark().addEventListener("change", tell);
  tell();
}

/** Keep a choice only while it differs from the system's. */
function choose(theme) {
  const system = dark().matches ? "dark" : "light";
  if (theme === system) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === system) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
