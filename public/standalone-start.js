// Starts the page out of one HTML file (`public/standalone.js`): its files stand in it as text, and become what their names name.
"use strict";

(async () => {
  const note = document.getElementById("boot-note");
  try {
    /** What stands in an element as base64, which goes. */
    const bytesIn = (element) => {
      const text = element.textContent;
      element.remove();
      const parts = [];
      for (let at = 0; at < text.length; at += 4 << 20) {
        parts.push(Uint8Array.from(atob(text.slice(at, at + (4 << 20))), (character) => character.charCodeAt(0)));
      }
      return new Blob(parts);
    };
    const inflated = (blob) => new Response(blob.stream().pipeThrough(new DecompressionStream("gzip")));
    const types = { js: "text/javascript", css: "text/css", wasm: "application/wasm" };
    const addresses = new Map();
    for (const element of document.querySelectorAll("script[data-file]")) {
      const { file } = element.dataset;
      const type = types[file.slice(file.lastIndexOf(".") + 1)];
      let content = await inflated(bytesIn(element)).blob();
      if (type === types.js) {
        content = await content.text();
        for (const [known, address] of addresses) content = content.replaceAll(`./${known}`, address);
      }
      addresses.set(file, URL.createObjectURL(new Blob([content], { type })));
    }
    const address = (pattern) => [...addresses].find(([file]) => pattern.test(file))[1];
    for (const element of document.querySelectorAll("meta[data-file]")) element.content = addresses.get(element.dataset.file);
    const data = document.querySelector("script[data-name]");
    const { name } = data.dataset;
    globalThis.spanwiseFile = new File([bytesIn(data)], name);
    const added = (tag, attributes) =>
      new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement(tag), attributes);
        element.onload = resolve;
        element.onerror = () => reject(new Error(`${tag} was refused`));
        document.head.append(element);
      });
    await added("link", { rel: "stylesheet", href: address(/^style-/) });
    await added("script", { src: address(/^boot-/) });
    const app = await import(address(/^app-[^_]*\.js$/));
    const wasm = await app.default({ module_or_path: address(/^app-.*_bg\.wasm$/) });
    dispatchEvent(new CustomEvent("TrunkApplicationStarted", { detail: { wasm } }));
  } catch (error) {
    if (note) note.textContent = `This file could not start in this browser. (${error.message})`;
  }
})();
