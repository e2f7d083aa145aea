// What htmx does not do by itself: when a page that refreshes itself must hold still, and what to say if it fails.
"use strict";
(() => {
  const QUIET = 2000; // ms after the last touch of mouse or keyboard during which nothing moves
  const control = document.getElementById("live");
  const words = document.getElementById("live-state");
  const button = document.getElementById("pause");
  let touched = 0;
  let paused = false;

  const say = (text, look) => {
    if (!control) return;
    control.hidden = false;
    control.dataset.look = look;
    if (words.textContent !== text) words.textContent = text;
  };
  const live = () => document.querySelector("[data-live]");
  const busy = (region) => {
    const selection = document.getSelection();
    const selecting = selection && !selection.isCollapsed && region.contains(selection.anchorNode);
    return selecting || Date.now() - touched < QUIET || region.querySelector("details[open]") !== null;
  };

  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }

  // Only the region's own polls are held back, never what somebody asked for.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const region = event.detail.elt;
    if (!region.hasAttribute("data-live")) return;
    if (paused || document.hidden || busy(region)) event.preventDefault();
  });
  // A page that nobody sees listens to nothing: a browser has few connections to one server.
  let source = null;
  const listen = () => {
    if (source || document.hidden || !live()) return;
    source = new EventSource("/live");
    source.addEventListener("changed", () => { if (live()) htmx.trigger(live(), "refresh"); });
  };
  const leave = () => { if (source) source.close(); source = null; };
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", listen);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else listen();
    if (!document.hidden && live()) htmx.trigger(live(), "refresh");
  });

  document.addEventListener("htmx:afterSwap", () => { if (!paused) say("Live", "live"); });
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, () => say("Noshow can't be reached. Trying again.", "lost"));
  }
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    say(status >= 500 ? "Noshow has trouble. Trying again." : `Refused (${status}). Reload the page.`, "lost");
  });

  // Addresses without what was left blank.
  document.addEventListener("htmx:configRequest", (event) => {
    for (const [name, value] of Object.entries(event.detail.parameters)) {
      if (value === "") delete event.detail.parameters[name];
    }
  });

  if (button) {
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Resume" : "Pause";
      say(paused ? "Paused" : "Live", paused ? "paused" : "live");
      if (!paused) {
        touched = 0;
        htmx.trigger(live(), "refresh");
      }
    });
  }
  if (live()) say("Live", "live");
})();
