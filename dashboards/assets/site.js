// Draws the charts when they come near the screen, and switches the theme. Figures come computed; nothing is summed here.
(() => {
  "use strict";
  const page = document.documentElement;
  const { charts, locale } = window.perennial;
  const options = {
    mode: "vega-lite",
    renderer: "svg",
    ast: true, // with the interpreter: no eval, so the strict content security policy holds
    actions: false,
    defaultStyle: false,
    formatLocale: locale.number,
    timeFormatLocale: locale.time,
    tooltip: { disableDefaultStyle: true, theme: "perennial" },
  };

  const places = [...document.querySelectorAll("[data-chart]")];
  const waiting = new Set(places);
  let drawn = 0;
  const tell = () => (page.dataset.drawn = `${drawn} of ${places.length}`);
  tell();

  async function draw(place) {
    if (!waiting.delete(place)) return;
    try {
      await window.vegaEmbed(place, charts[place.dataset.chart], options);
    } catch (error) {
      place.textContent = place.dataset.failed;
      console.error(error);
    }
    drawn += 1;
    tell();
  }

  const observer = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
    { rootMargin: "400px" },
  );
  places.forEach((place) => observer.observe(place));
  window.addEventListener("beforeprint", () => waiting.forEach(draw));

  const buttons = [...document.querySelectorAll("[data-set-theme]")];
  function setTheme(theme) {
    page.dataset.theme = theme;
    buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.setTheme === theme));
    try {
      localStorage.setItem("perennial-theme", theme);
    } catch {
      // Not kept where storage is closed; the choice still holds for this page.
    }
  }
  buttons.forEach((button) => button.addEventListener("click", () => setTheme(button.dataset.setTheme)));
  setTheme(page.dataset.theme);
})();
