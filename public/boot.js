// Runs before the first paint, from the head. It does what cannot wait for the page itself.
"use strict";

// The theme that was chosen, so that the first paint has it. `src/browser/theme.rs` writes the same key.
try {
  const theme = localStorage.getItem("spanwise-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that blocks storage shows the system's theme.
}

// A file that is dropped before the page listens would otherwise be opened by the browser in the page's place.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => event.preventDefault());
}

// If the page cannot start, the picture of it must not look as if it could still come.
const say = (text) => {
  const note = document.getElementById("boot-note");
  if (note) note.textContent = text;
};
addEventListener("unhandledrejection", (event) => {
  const reason = event.reason instanceof Error ? event.reason.message : String(event.reason);
  say(`Spanwise could not start in this browser. It needs WebAssembly with SIMD, as all browsers have since 2023. (${reason})`);
});
