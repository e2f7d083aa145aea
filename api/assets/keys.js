// Keys for who works through the queue. An element says by aria-keyshortcuts which key presses it; "?" shows them all,
// and there they can be turned off (WCAG 2.1.4).
"use strict";
(() => {
  const OFF = "noshow.keys.off";
  const help = document.getElementById("keys");
  const wanted = document.getElementById("keys-wanted");
  const writes = (element) => element.matches("input, textarea, select, [contenteditable]");

  const move = (step) => {
    const rows = Array.from(document.querySelectorAll("main .rows a.id"));
    const place = rows.indexOf(document.activeElement);
    const next = rows[place < 0 ? 0 : Math.min(Math.max(place + step, 0), rows.length - 1)];
    if (next) next.focus();
  };
  // A fold opens with the cursor in its first field.
  const press = (element) => {
    element.click();
    const field = element.matches("summary") && element.parentElement.querySelector("select, textarea, input:not([type=hidden])");
    if (field) field.focus();
  };
  const acts = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => document.getElementById("find").focus(),
    "?": () => help.showModal(),
  };

  wanted.checked = localStorage.getItem(OFF) === null;
  wanted.addEventListener("change", () => {
    if (wanted.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || writes(event.target)) return;
    if (!wanted.checked && event.key !== "?") return;
    const element = document.querySelector(`main [aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    const act = acts[event.key] || (element && (() => press(element)));
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
