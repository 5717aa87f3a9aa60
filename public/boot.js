// Runs before the first paint, from the head. It does what cannot wait for the page itself.
"use strict";

/** What `tools/postbuild.mjs` wrote into the page. */
const meta = (name) => document.querySelector(`meta[name=spanwise-${name}]`).content;

// The theme that was chosen, so that the first paint has it. `src/browser/theme.rs` writes the same key.
try {
  const theme = localStorage.getItem("spanwise-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that blocks storage shows the system's theme.
}

let engine;

// The engine loads beside the page. `src/browser/engine_port.rs` takes it over, once, and then hears what it has said by then.
try {
  engine = new Worker(meta("engine"), { type: "module", name: "engine" });
  const said = [];
  engine.onmessage = engine.onerror = (event) => said.push(event);
  globalThis.takeEngine = () => {
    delete globalThis.takeEngine;
    queueMicrotask(() => {
      engine.onmessage = engine.onerror = null;
      for (const event of said) engine.dispatchEvent(event);
    });
    return engine;
  };
} catch {
  // The page will try, too, and say why it cannot be.
}

// A file that is dropped before the page listens would otherwise be opened by the browser in the page's place.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => event.preventDefault());
}

// One file of page and data, made by a script of its own that few need. A page that is such a file makes no other.
const standalone = document.querySelector("meta[name=spanwise-standalone]")?.content ?? "none";
if (standalone !== "none") {
  const from = new URL(standalone, location.href);
  globalThis.makeStandalone = (data, name) => import(from).then((made) => made.standalone(data, name));
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

// Once the page can be used and rests, both programs load their second parts (`tools/split.mjs`). What cannot be had now is asked for
// again when it is wanted.
const idle = globalThis.requestIdleCallback ?? setTimeout;
const complete = () => {
  globalThis.loadLater?.().then(() => dispatchEvent(new Event("spanwise:complete")), () => {});
  engine?.postMessage("rest");
};
addEventListener("spanwise:interactive", () => idle(complete), { once: true });

// Once the page stands and rests, the service worker (`public/sw.js`) is told to keep all of it for the next visit.
const keep = async () => {
  try {
    const { serviceWorker } = navigator;
    if (serviceWorker.controller) serviceWorker.addEventListener("controllerchange", () => dispatchEvent(new Event("spanwise:newer")));
    await serviceWorker.register(meta("offline"));
    (await serviceWorker.ready).active.postMessage("rest");
  } catch {
    // Where there is none, or it is refused, the page comes from the network.
  }
};
if (meta("offline") !== "none" && location.protocol.startsWith("http")) {
  addEventListener("TrunkApplicationStarted", () => idle(keep));
}
