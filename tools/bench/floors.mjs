// What there is to compare with, in the same browser: `JSON.parse` of the same bytes, and a plain read of the same file.

import { beside } from "./browser.mjs";

/** Milliseconds that a worker takes to read the file as most pages would, in slices with one ahead, and to copy each into a wasm memory. */
export const plainRead = (server, path) =>
  beside(server, path, async () => {
    const program = async ({ data: file }) => {
      const slice = 4 * 1024 * 1024;
      const memory = new Uint8Array(new WebAssembly.Memory({ initial: slice / 65_536 }).buffer);
      const read = (at) => (at < file.size ? file.slice(at, at + slice).arrayBuffer() : undefined);
      const begin = performance.now();
      let ahead = read(0);
      for (let at = 0; at < file.size; at += slice) {
        const piece = new Uint8Array(await ahead);
        ahead = read(at + slice);
        memory.set(piece);
      }
      postMessage(performance.now() - begin);
    };
    const worker = new Worker(URL.createObjectURL(new Blob([`onmessage=${program}`])));
    const once = () =>
      new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(document.querySelector("input").files[0]);
      });
    await once();
    await once();
    return once();
  });

/**
 * Milliseconds that `JSON.parse` takes for the same lines, once they are in memory as text; what comes of a piece of the file is dropped when
 * the next is parsed, since no tab could hold it all.
 */
export const parse = (server, path) =>
  beside(server, path, async () => {
    const [file] = document.querySelector("input").files;
    const once = async () => {
      let took = 0;
      let rest = "";
      const decoder = new TextDecoder();
      for (let at = 0; at < file.size; at += 16e6) {
        const lines = (rest + decoder.decode(await file.slice(at, at + 16e6).arrayBuffer(), { stream: true })).split("\n");
        rest = lines.pop();
        const begin = performance.now();
        globalThis.parsed = lines.map((line) => JSON.parse(line));
        took += performance.now() - begin;
      }
      return took;
    };
    await once();
    await once();
    return once();
  });
