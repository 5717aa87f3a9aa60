// Makes one HTML file of this page and of data: it opens from disk, with no server, and asks for nothing. Loaded when someone saves one
// (`src/browser/standalone.rs`). `tools/postbuild.mjs` says which files the page is made of and how the file starts
// (`public/standalone-start.js`).

const FILES = []; // in the order in which they name each other
const BUILD = "";
const START = "";
const POLICY = "";

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Bytes as base64, which has no `<`. */
const base64 = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

const gzip = (blob) => new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob();

/** The file, of `data`: a Blob that the page would open under this name. */
export async function standalone(data, name) {
  const files = await Promise.all(
    FILES.map(async (file) => {
      const response = await fetch(new URL(`./${file}`, import.meta.url));
      if (!response.ok) throw new Error(`${file}: the server says ${response.status}`);
      return `<script type="text/plain" data-file="${file}">${await base64(await gzip(await response.blob()))}</script>\n`;
    }),
  );
  const loader = FILES.find((file) => file.endsWith("_loader.js"));
  return new Blob(
    [
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="spanwise-build" content="${BUILD}">
<meta name="spanwise-engine" data-file="${loader}" content="">
<meta name="spanwise-connector" content="data:text/javascript,">
<meta name="spanwise-offline" content="none">
<title>${escaped(name)} – Spanwise</title>
</head>
<body data-state="empty">
<div id="app" class="app"><main class="app__main"><p id="boot-note">Starting…</p><noscript>This file is a trace and its viewer, which needs JavaScript and WebAssembly.</noscript></main></div>
`,
      `<script type="text/plain" data-name="${escaped(name)}">`,
      await base64(data),
      "</script>\n",
      ...files,
      `<script>${START}</script>\n</body>\n</html>\n`,
    ],
    { type: "text/html" },
  );
}
