// The last step of a Trunk build, run by the post_build hook of Trunk.toml on the staged files. Trunk leaves seven gaps:
//
// 0. A program is one file, and a first visit would load all of it. Here page and engine are split (tools/split.mjs) and optimized.
// 1. A worker's files have the same names in every build, so a cache may pair a new page with an old engine. Here they
//    are named by their content, as Trunk does for the page.
// 2. Page and worker cannot tell whether they are of one build. Here both learn its id: the page from
//    <meta name="spanwise-build">, a worker from the global SPANWISE_BUILD. <meta name="spanwise-engine"> and
//    <meta name="spanwise-connector"> are the workers' addresses, relative to the page.
// 3. The script that starts the page is inline, which the page's security policy forbids. Here the policy in
//    <meta http-equiv="Content-Security-Policy"> gets that script's hash.
// 4. Trunk puts an integrity hash on the preload of the page's wasm, where browsers ignore it and warn. Here it goes.
// 5. Each style sheet is a file of its own: fifty requests, and fifty small files that compress badly. Here they become one, in
//    the order of the page; and boot.js, whose name would be the same in every build, gets one by its content.
// 6. Without a network there is no page. Here sw.js learns which files to keep (tools/offline.mjs).
//
// 7. A trace and its viewer can be saved as one HTML file. Here public/standalone.js learns which files the viewer is made of.
//
// `trunk serve` gets neither 0, 5, 6 nor 7: its files come and go.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { tight, writeEndOfServiceWorker, writeServiceWorker } from "./offline.mjs";
import { splitProgram } from "./split.mjs";

const WORKERS = ["engine", "connector"]; // the workers' binaries in Cargo.toml

const directory = env.TRUNK_STAGING_DIR ?? "dist";
const development = env.TRUNK_PROFILE === "debug";
const at = (name) => join(directory, name);
const digest = (algorithm, ...parts) => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash;
};
const shortHash = (...parts) => digest("sha256", ...parts).digest("hex").slice(0, 16);

let page = readFileSync(at("index.html"), "utf8");

/** Replaces the content of the one <meta> whose name or http-equiv is `key`, whatever the order of its attributes. */
function setMeta(key, change) {
  const tags = [...page.matchAll(/<meta\b[^>]*>/gi)].filter(([tag]) =>
    new RegExp(`\\b(?:name|http-equiv)\\s*=\\s*["']?${key}["'\\s/>]`, "i").test(tag),
  );
  if (tags.length !== 1) throw new Error(`index.html has ${tags.length} <meta> for ${key}, but one is needed`);
  const [tag] = tags[0];
  const content = /\bcontent\s*=\s*(?:"([^"]*)"|([^\s"'>]+))/i.exec(tag);
  if (!content) throw new Error(`index.html: the <meta> for ${key} has no content in double quotes`);
  page = page.replace(tag, () => tag.replace(content[0], () => `content="${change(content[1] ?? content[2])}"`));
}

for (const worker of WORKERS) {
  for (const file of [`${worker}.js`, `${worker}_bg.wasm`, `${worker}_loader.js`]) {
    if (!existsSync(at(file))) throw new Error(`Trunk made no ${file}: index.html must link the worker with data-loader-shim`);
  }
  rmSync(at(`${worker}_loader.js`));
}

// 0. Two parts of page and engine. One after the other: the optimizer has a thread for each core.
const app = /\b(app-[\da-f]+)\.js\b/.exec(page)?.[1];
if (!development) {
  if (!app || !existsSync(at(`${app}_bg.wasm`))) throw new Error("index.html names no script of the page");
  for (const [program, name, level] of [["engine", "engine", "3"], ["app", app, "z"]]) {
    const [script, wasm] = [at(`${name}.js`), at(`${name}_bg.wasm`)];
    const parts = await splitProgram(program, level, readFileSync(script, "utf8"), readFileSync(wasm));
    writeFileSync(script, parts.script);
    writeFileSync(wasm, parts.first);
    writeFileSync(at(`${program}_later.wasm`), parts.later);
    console.log(`   ${program}: ${parts.first.length} and ${parts.later.length} bytes of wasm, ${parts.ways} ways from one to the other`);
  }
}

// 1. The programs' files, by content.
const named = (program, file) => {
  const wasms = [`${file}_bg.wasm`, `${program}_later.wasm`].filter((wasm) => existsSync(at(wasm)));
  const script = readFileSync(at(`${file}.js`), "utf8");
  const name = `${program}-${shortHash(...wasms.map((wasm) => readFileSync(at(wasm))), script)}`;
  let text = script;
  for (const wasm of wasms) {
    const part = /_\w+\.wasm$/.exec(wasm)[0];
    if (!script.includes(`${program}${part}`)) throw new Error(`${file}.js does not name ${program}${part}`);
    text = text.replaceAll(`${program}${part}`, `${name}${part}`);
    renameSync(at(wasm), at(`${name}${part}`));
  }
  rmSync(at(`${file}.js`));
  writeFileSync(at(`${name}.js`), text);
  return name;
};
const names = WORKERS.map((worker) => named(worker, worker));
if (!development) {
  // Trunk's name for the page is by what Trunk made.
  const name = named("app", app);
  page = page.replaceAll(app, name);
  const integrity = `sha384-${digest("sha384", readFileSync(at(`${name}.js`))).digest("base64")}`;
  page = page.replace(/<link\b[^>]*\bmodulepreload\b[^>]*>/i, (tag) => tag.replace(/\bintegrity\s*=\s*(?:"[^"]*"|[^\s>]+)/i, `integrity="${integrity}"`));
  if (!page.includes(integrity)) throw new Error("index.html preloads no script of the page with its hash");
}

// 5. One style sheet, and boot.js by its content; before the build has an id, as both are part of it.
if (development) {
  writeEndOfServiceWorker(directory);
} else {
  const links = [...page.matchAll(/<link\b[^>]*\brel=["']?stylesheet\b[^>]*>/gi)].map(([tag]) => {
    const file = /\bhref\s*=\s*["']?(?:\.\/)?([^"'\s>]+)/i.exec(tag)?.[1];
    if (!file || !existsSync(at(file))) throw new Error(`index.html: ${tag} names no file`);
    return { tag, file };
  });
  const sheet = links.map(({ file }) => readFileSync(at(file), "utf8").trim()).join("\n");
  const sheetName = `style-${shortHash(sheet)}.css`;
  for (const { tag, file } of links) {
    page = page.replace(tag, () => (file === links[0].file ? `<link rel="stylesheet" href="./${sheetName}">` : ""));
    rmSync(at(file));
  }
  writeFileSync(at(sheetName), sheet);

  const boot = tight(readFileSync(at("boot.js"), "utf8"));
  const bootName = `boot-${shortHash(boot)}.js`;
  if (page.split("./boot.js").length !== 2) throw new Error("index.html must name ./boot.js once");
  page = page.replace("./boot.js", `./${bootName}`);
  rmSync(at("boot.js"));
  writeFileSync(at(bootName), boot);
}
setMeta("spanwise-offline", () => (development ? "none" : "./sw.js"));

// 2. The build's id, from all code that runs. The loader's name carries it too, as its text differs with each build.
const code = readdirSync(directory, { recursive: true })
  .map(String)
  .filter((file) => /\.(?:js|wasm|css)$/.test(file))
  .sort();
const build = shortHash(...code.map((file) => readFileSync(at(file))));
setMeta("spanwise-build", () => build);
WORKERS.forEach((worker, number) => {
  const loader = `${worker}-${build}_loader.js`;
  // The wasm need not wait for the script. When the page rests it says so, to the worker itself and not to the program in it.
  writeFileSync(
    at(loader),
    tight(`
      self.SPANWISE_BUILD="${build}";
      const rest=new Promise((resolve)=>addEventListener("message",(event)=>{
      if(event.data==="rest"){event.stopImmediatePropagation();resolve();}
      }));
      const wasm=fetch(new URL("./${names[number]}_bg.wasm",import.meta.url));
      const {default:init}=await import("./${names[number]}.js");
      await init({module_or_path:wasm});
      rest.then(()=>self.loadLater?.()).catch(()=>{});
    `),
  );
  setMeta(`spanwise-${worker}`, () => `./${loader}`);
});

// 7. One file of viewer and data: its files in the order in which they name each other, and how it starts.
if (development) {
  rmSync(at("standalone.js"));
} else {
  const files = readdirSync(directory).filter((file) => /^(?:app|engine|style|boot)-/.test(file));
  const order = [/\.wasm$/, /^engine-[^_]*\.js$/, /_loader\.js$/, /^app-[^_]*\.js$/, /^boot-/, /\.css$/];
  const rank = (file) => order.findIndex((pattern) => pattern.test(file));
  files.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  if (files.some((file) => rank(file) < 0)) throw new Error(`standalone.js does not know what is in ${files}`);
  const start = tight(readFileSync(at("standalone-start.js"), "utf8"));
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${digest("sha256", start).digest("base64")}' blob: 'wasm-unsafe-eval'`,
    "worker-src blob:",
    "style-src blob:",
    "img-src data: blob:",
    "connect-src blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const values = { FILES: files, BUILD: build, START: start, POLICY: policy };
  let text = tight(readFileSync(at("standalone.js"), "utf8"));
  for (const [name, value] of Object.entries(values)) {
    const empty = new RegExp(`^const ${name} = (?:\\[\\]|"");.*$`, "m");
    if (!empty.test(text)) throw new Error(`standalone.js has no empty ${name}`);
    // A string in a script in a page must not end the script.
    text = text.replace(empty, () => `const ${name} = ${JSON.stringify(value).replaceAll("</", "<\\/")};`);
  }
  const name = `standalone-${shortHash(text)}.js`;
  writeFileSync(at(name), text);
  rmSync(at("standalone.js"));
  setMeta("spanwise-standalone", () => `./${name}`);
}
rmSync(at("standalone-start.js"));

// 3. The policy. `trunk serve` puts in a script of its own, different each time, so there any inline script may run.
const inline = [...page.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)].filter(([, attributes]) => !/\bsrc\s*=/i.test(attributes));
const sources = development
  ? ["'unsafe-inline'"]
  : inline.map(([, , text]) => `'sha256-${digest("sha256", text).digest("base64")}'`);
setMeta("Content-Security-Policy", (policy) => {
  if (!/\bscript-src\s/.test(policy)) throw new Error("index.html: the security policy has no script-src");
  const extended = policy.replace(/\bscript-src\s+[^;]*/, (directive) => `${directive.trimEnd()} ${sources.join(" ")}`);
  return development ? extended.replace(/\bconnect-src\s+[^;]*/, (directive) => `${directive.trimEnd()} ws: wss:`) : extended;
});

// 4. No hash where none is checked.
page = page.replace(/<link\b[^>]*>/gi, (tag) => (/\bas\s*=\s*["']?fetch\b/i.test(tag) ? tag.replace(/\s+integrity\s*=\s*(?:"[^"]*"|[^\s>]+)/i, "") : tag));

writeFileSync(at("index.html"), page);
// 6. Last, as it has the hashes of all the rest.
if (!development) writeServiceWorker(directory);
console.log(`   build ${build}: ${code.length + WORKERS.length} files of script, wasm and style, ${inline.length} inline scripts hashed`);
