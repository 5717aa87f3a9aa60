// Starts the page out of one HTML file (`public/standalone.js`): its files stand in it as text, and become what their names name.
//
// A page from disk may have workers, but these may ask for nothing, nor be modules. So the engine becomes one classic script with its
// programs in it, and what it fetches is found there.
"use strict";

(async () => {
  const note = document.getElementById("boot-note");
  try {
    /** What stands in an element, which goes. */
    const textIn = (element) => {
      element.remove();
      return element.textContent;
    };
    /** Bytes of base64, piece by piece. */
    const bytesOf = (text) => {
      const parts = [];
      for (let at = 0; at < text.length; at += 4 << 20) {
        parts.push(Uint8Array.from(atob(text.slice(at, at + (4 << 20))), (character) => character.charCodeAt(0)));
      }
      return new Blob(parts);
    };
    const inflated = (blob) => new Response(blob.stream().pipeThrough(new DecompressionStream("gzip")));
    const types = { js: "text/javascript", css: "text/css", wasm: "application/wasm" };
    const texts = new Map([...document.querySelectorAll("script[data-file]")].map((element) => [element.dataset.file, textIn(element)]));
    const named = (pattern) => [...texts.keys()].find((file) => pattern.test(file));
    const text = (file) => inflated(bytesOf(texts.get(file))).text();

    const engine = named(/^engine-[^_]*\.js$/);
    const programs = [...texts.keys()].filter((file) => /^engine-.*\.wasm$/.test(file));
    const build = document.querySelector("meta[name=spanwise-build]").content;
    let script = (await text(engine)).replace(/^export \{[^}]*\};?$/gm, "").replace(/^export /gm, "").replaceAll("import.meta.url", '"spanwise:"');
    for (const file of programs) script = script.replaceAll(`"./${file}"`, `"spanwise:${file}"`);
    // Part two may be asked for before it could come by itself, by code that cannot wait: so all is inflated before any of it runs.
    const worker = [
      `self.SPANWISE_BUILD = ${JSON.stringify(build)};
      const inflated = ${inflated}, bytesOf = ${bytesOf};
      const programs = ${JSON.stringify(Object.fromEntries(programs.map((file) => [`spanwise:${file}`, texts.get(file)])))};
      const inflating = Promise.all(Object.keys(programs).map(async (address) => {
        programs[address] = new Uint8Array(await inflated(bytesOf(programs[address])).arrayBuffer());
      }));
      self.fetch = async (address) => new Response(programs[address], { headers: { "Content-Type": "application/wasm" } });
      self.XMLHttpRequest = class {
        open(_method, address) { this.bytes = programs[address]; }
        overrideMimeType() {}
        send() { this.status = this.bytes ? 200 : 404; }
        get responseText() {
          let text = "";
          for (let at = 0; at < this.bytes.length; at += 32768) text += String.fromCharCode(...this.bytes.subarray(at, at + 32768));
          return text;
        }
      };
      addEventListener("message", (event) => event.data === "rest" && event.stopImmediatePropagation());
      `,
      script,
      `
      inflating.then(() => __wbg_init({ module_or_path: fetch("spanwise:${programs.find((file) => file.endsWith("_bg.wasm"))}") })).then(() => loadLater());`,
    ];
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, { name: options?.name });
      }
    };

    const addresses = new Map([[named(/_loader\.js$/), URL.createObjectURL(new Blob(worker, { type: types.js }))]]);
    for (const file of texts.keys()) {
      if (file.startsWith("engine-")) continue;
      const type = types[file.slice(file.lastIndexOf(".") + 1)];
      let content = await inflated(bytesOf(texts.get(file))).blob();
      if (type === types.js) {
        content = await content.text();
        for (const [known, address] of addresses) content = content.replaceAll(`./${known}`, address);
      }
      addresses.set(file, URL.createObjectURL(new Blob([content], { type })));
    }
    const address = (pattern) => addresses.get(named(pattern));
    for (const element of document.querySelectorAll("meta[data-file]")) element.content = addresses.get(element.dataset.file);
    const data = document.querySelector("script[data-name]");
    const { name } = data.dataset;
    globalThis.spanwiseFile = new File([bytesOf(textIn(data))], name);
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
