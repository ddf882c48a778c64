
/*
 * What cannot wait for the modules: the theme chosen earlier, before the first paint, and a
 * sentence for the person when a script fails. A classic script: modules come too late.
 */
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's theme it is.
  }

  const report = (reason) => {
    const place = document.getElementById("page-error");
    if (!place) return;
    place.textContent = `Something on this page failed (${reason}). Reload it; if that does not help, please report this sentence.`;
    place.hidden = false;
  };

  window.addEventListener(
    "error",
    ({ target, message }) => {
      if (target instanceof HTMLScriptElement && target.type === "module") report("a script did not load");
      else if (target === window && !message.includes("ResizeObserver")) report(message);
    },
    true,
  );
  window.addEventListener("unhandledrejection", ({ reason }) => report(reason?.message ?? reason));
})();
