// Runs before the page is drawn, so that the chosen theme shows at once. Styles follow html[data-theme].
(() => {
  "use strict";
  const page = document.documentElement;
  let theme = "auto";
  try {
    theme = localStorage.getItem("perennial-theme") || theme;
  } catch {
    // Storage may be closed to pages opened from disk; the theme then follows the system.
  }
  page.dataset.theme = theme;
  page.classList.add("js");
})();
