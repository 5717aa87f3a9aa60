// Keeps the page for the next visit, with a network or without. `tools/offline.mjs` puts VERSION, FIRST and LATER in front: which
// files this build is made of, each with the hash of its content.
//
// Builds are never mixed. A build is kept as a whole or not at all, each file checked against its hash; an address of the page is
// answered with the index.html of the newest build that is kept; and all else that index.html leads to is named by its content.
// So pages of an older build, which may be open when a newer one comes, get the rest of their files from their own.
"use strict";

const { scope } = registration;
const MINE = `spanwise ${scope} `;
const NAME = MINE + VERSION;
const IS_NAMED_BY_CONTENT = /^[\w-]+-[\da-f]{10,}\w*\.(?:js|wasm|css|svg)$/;

const store = async (files) => {
  const cache = await caches.open(NAME);
  const missing = [];
  for (const [file, integrity] of files) {
    if (!(await cache.match(file))) missing.push(new Request(file, { integrity, cache: "no-cache", redirect: "error" }));
  }
  // All or nothing.
  await cache.addAll(missing);
};

// Forgets older builds, but for the last one while there are pages that may be of it.
const forget = async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith(MINE) && name !== NAME);
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.length > 0) old.pop();
  for (const name of old) await caches.delete(name);
};

const find = async (request, address) => {
  const options = { ignoreVary: true };
  const mine = await caches.match(address, { ...options, cacheName: NAME });
  return mine ?? (address === scope ? undefined : await caches.match(address, options)) ?? fetch(request);
};

const install = async () => {
  try {
    await store(FIRST);
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
  await skipWaiting();
};

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(forget()));

// The page says that it rests: time for what no first visit needs. If that cannot be had now, then at another visit.
const complete = async () => {
  if (await caches.has(NAME)) await store(LATER);
};
addEventListener("message", (event) => event.waitUntil(complete().catch(() => {})));

addEventListener("fetch", (event) => {
  const { request } = event;
  const [address] = request.url.split(/[?#]/);
  if (request.method !== "GET" || !address.startsWith(scope)) return;
  const file = address.slice(scope.length);
  if (request.mode === "navigate") {
    if (file !== "" && file !== "index.html") return;
    event.respondWith(find(request, scope));
    event.waitUntil(forget());
  } else if (request.url === address && (IS_NAMED_BY_CONTENT.test(file) || LATER.some(([name]) => name === file))) {
    event.respondWith(find(request, address));
  }
});
