// Published as `sw.js`, it takes away what an earlier `sw.js` keeps in the browsers of those who visited, and then itself.
// `trunk serve` does so, where a page that was built on the same port must not stand in the way.
"use strict";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => {
  const end = async () => {
    for (const name of await caches.keys()) if (name.startsWith(`spanwise ${registration.scope} `)) await caches.delete(name);
    await registration.unregister();
  };
  event.waitUntil(end());
});
