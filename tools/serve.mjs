// A static file server for the built page: what GitHub Pages does, and no more. Loopback only.
//
//   node tools/serve.mjs [--dir dist] [--port 8421] [--prefix /some/sub/path/] [--open '?sample=shop']
//
// With a prefix, everything outside it is 404, so that an address which is not relative shows itself.

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";
import { argv, env, exit, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Serves `dir` under `prefix` on `port` (0: any free one). Resolves to the page's address and a way to stop. */
export async function serve({ dir, port = 0, prefix = "/" }) {
  const root = resolve(dir);
  const base = `/${prefix}/`.replace(/\/+/g, "/");

  const server = createServer(async (request, response) => {
    const { status, headers, file } = await answer(root, base, request);
    // Nothing is kept here: what a page keeps of a build, and for how long, is its service worker's matter alone.
    response.writeHead(status, { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...headers });
    if (file && request.method !== "HEAD") {
      createReadStream(file)
        .on("error", () => response.destroy())
        .pipe(response);
    } else {
      response.end();
    }
  });
  await new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", done);
  });
  return {
    url: `http://localhost:${server.address().port}${base}`,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

async function answer(root, base, request) {
  if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { Allow: "GET, HEAD" } };
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  } catch {
    return { status: 400 };
  }
  if (`${path}/` === base) return { status: 301, headers: { Location: base } };
  if (!path.startsWith(base)) return { status: 404 };
  let file = normalize(join(root, path.slice(base.length)));
  if (file !== root && !file.startsWith(root + sep)) return { status: 404 };
  try {
    let found = await stat(file);
    if (found.isDirectory()) {
      if (!path.endsWith("/")) return { status: 301, headers: { Location: `${path}/` } };
      file = join(file, "index.html");
      found = await stat(file);
    }
    const type = TYPES[extname(file).toLowerCase()] ?? "application/octet-stream";
    return { status: 200, headers: { "Content-Type": type, "Content-Length": found.size }, file };
  } catch {
    return { status: 404 };
  }
}

function open(url) {
  const mac = platform === "darwin";
  if (!mac && !env.DISPLAY && !env.WAYLAND_DISPLAY) return;
  spawn(mac ? "open" : "xdg-open", [url], { stdio: "ignore", detached: true })
    .on("error", () => {}) // no such command: the address stands in the terminal
    .unref();
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      dir: { type: "string", default: "dist" },
      port: { type: "string", default: "8421" },
      prefix: { type: "string", default: "/" },
      open: { type: "string" },
    },
  });
  try {
    const { url } = await serve({ ...values, port: Number(values.port) });
    console.log(`\n   Spanwise: ${url}${values.open ?? ""}\n   Stop it with Ctrl-C.\n`);
    if (values.open !== undefined) open(url + values.open);
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    console.error(`Port ${values.port} is in use: stop what uses it, or choose another (make run PORT=8422).`);
    exit(1);
  }
}
