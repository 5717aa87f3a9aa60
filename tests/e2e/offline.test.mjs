// The second visit: from what the first one left, without a network, and whatever has been published meanwhile, of one build.
// "Without a network" is a server that is gone.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeEndOfServiceWorker, writeServiceWorker } from "../../tools/offline.mjs";
import { reaches, start } from "./support/browser.mjs";
import { figures, fixture } from "./support/person.mjs";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** Waits until something is so that the browser does on its own, at most as long as Playwright waits for anything. */
async function until(page, what) {
  const end = performance.now() + 30_000;
  while (!(await page.evaluate(what))) {
    if (performance.now() > end) throw new Error(`this did not come to be: ${what}`);
    await page.waitForTimeout(50);
  }
}

/** Waits until all of the page is kept, what is wanted later included. */
const kept = (page) =>
  until(page, async () => {
    const connector = document.querySelector("meta[name=spanwise-connector]").content;
    return (await caches.match(connector)) !== undefined && (await caches.match("samples/shop.jsonl.gz")) !== undefined;
  });

const goTo = async (page, address) => {
  // Another part after `#` alone would not load the page anew.
  await page.goto("about:blank");
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName("spanwise:interactive").length > 0);
};

for (const prefix of ["/", "/some/sub/path/"]) {
  describe(`without a network, at ${prefix}`, () => {
    let spanwise, page;
    before(async () => {
      spanwise = await start({ prefix });
      page = await spanwise.open();
      await kept(page);
      await spanwise.server.close();
    });
    after(() => spanwise?.close());

    test("the page opens, and reads a file", async () => {
      await goTo(page, spanwise.url);
      await reaches(page, "empty");
      await page.setInputFiles("input#open-files", fixture("sdk/collector_traces.jsonl.gz"));
      await reaches(page, "ready");
      assert.ok((await figures(page)).spans > 0);
    });

    test("so do an address with a view of the second part, and index.html", async () => {
      for (const [address, view] of [["?sample=shop#/map", "service-map"], ["index.html?sample=shop#/latency", "chart-histogram"]]) {
        await goTo(page, new URL(address, spanwise.url).href);
        await reaches(page, "ready");
        await page.getByTestId(view).waitFor();
        assert.ok((await page.evaluate(() => location.hash)).startsWith(new URL(address, spanwise.url).hash));
      }
    });

    test("the connector is there, and says that the server is not", async () => {
      await goTo(page, new URL(`#/openobserve?base=${spanwise.url}o2&org=default&stream=default`, spanwise.url).href);
      await page.getByLabel("User").fill("root@example.com");
      await page.getByLabel("Password", { exact: true }).fill("secret");
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await page.getByTestId("connect-problem").waitFor();
      assert.equal(page.workers().length, 2);
    });

    test("nobody else was asked for anything", () => {
      assert.deepEqual(page.problems.filter((problem) => problem.startsWith("asked for:")), []);
    });
  });
}

describe("when another build is published", () => {
  const folder = mkdtempSync(join(tmpdir(), "spanwise-offline-"));
  const live = join(folder, "live");
  let spanwise, page;

  /** A copy of the built page that calls itself another build, in page, engine, connector and style sheet. */
  function build(letter) {
    const to = join(folder, letter);
    cpSync(DIST, to, { recursive: true });
    const index = readFileSync(join(to, "index.html"), "utf8");
    const own = /content="([0-9a-f]{16})" name=spanwise-build|name="?spanwise-build"? content="([0-9a-f]{16})"/.exec(index);
    const [old, id] = [own[1] ?? own[2], letter.repeat(16)];
    const sheet = /style-([0-9a-f]{16})\.css/.exec(index)[1];
    for (const file of readdirSync(to).filter((name) => name.endsWith("_loader.js"))) {
      writeFileSync(join(to, file), readFileSync(join(to, file), "utf8").replaceAll(old, id));
      renameSync(join(to, file), join(to, file.replace(old, id)));
    }
    const css = join(to, `style-${sheet}.css`);
    writeFileSync(join(to, `style-${id}.css`), `${readFileSync(css, "utf8")}\n:root{--build:${id}}`);
    rmSync(css);
    writeFileSync(join(to, "index.html"), index.replaceAll(old, id).replaceAll(sheet, id));
    writeServiceWorker(to);
    return to;
  }
  const publish = (from) => {
    rmSync(live, { recursive: true, force: true });
    cpSync(from, live, { recursive: true });
  };

  /** The builds of what the page is made of. */
  const builds = async () => {
    await page.waitForFunction(() => performance.getEntriesByName("spanwise:interactive").length > 0);
    const worker = (name) => page.workers().find((worker) => worker.url().includes(`/${name}-`));
    return {
      page: await page.getAttribute("meta[name=spanwise-build]", "content"),
      style: await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--build")),
      engine: await worker("engine")?.evaluate(() => globalThis.SPANWISE_BUILD),
      connector: await worker("connector")?.evaluate(() => globalThis.SPANWISE_BUILD),
    };
  };
  const all = (letter, rest = {}) => {
    const id = letter.repeat(16);
    return { page: id, style: id, engine: id, connector: undefined, ...rest };
  };
  const caches = () => page.evaluate(async () => (await globalThis.caches.keys()).length);
  const [a, b, c] = ["a", "b", "c"].map(build);

  before(async () => {
    publish(a);
    spanwise = await start({ dir: live });
    page = await spanwise.open();
    await kept(page);
  });
  after(async () => {
    await spanwise?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the page that is kept opens once more, whole, and says that a newer one is ready", async () => {
    assert.deepEqual(await builds(), all("a"));
    publish(b);
    await page.reload();
    assert.deepEqual(await builds(), all("a"));
    await page.getByText("A new version of Spanwise is ready").waitFor();
  });

  test("a page that stays open gets the rest of its files from its own build", async () => {
    await page.evaluate((base) => (location.hash = `#/openobserve?base=${base}o2&org=default&stream=default`), spanwise.url);
    await page.getByLabel("User").fill("root@example.com");
    await page.getByLabel("Password", { exact: true }).fill("secret");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByTestId("connect-problem").waitFor();
    assert.deepEqual(await builds(), all("a", { connector: "a".repeat(16) }));
  });

  test("the next load has the newer one, whole, and the older is forgotten once no page can be of it", async () => {
    await goTo(page, spanwise.url);
    assert.deepEqual(await builds(), all("b"));
    const { problems } = page;
    const context = page.context();
    await page.close();
    page = Object.assign(await context.newPage(), { problems });
    await goTo(page, spanwise.url);
    await until(page, async () => (await globalThis.caches.keys()).length === 1);
    assert.deepEqual(await builds(), all("b"));
  });

  test("a build of which parts are missing or of another build is not kept", async () => {
    await kept(page);
    publish(c);
    cpSync(join(b, "index.html"), join(live, "index.html"));
    const became = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      const found = new Promise((resolve) => registration.addEventListener("updatefound", () => resolve(registration.installing), { once: true }));
      registration.update().catch(() => {});
      const worker = await found;
      if (worker.state === "installing") await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
      return worker.state;
    });
    assert.equal(became, "redundant");
    await goTo(page, spanwise.url);
    assert.deepEqual(await builds(), all("b"));
  });

  test("what an address asks for is read anew, and not kept", async () => {
    cpSync(fixture("sdk/collector_traces.jsonl.gz"), join(live, "mine.json"));
    const at = new URL("?url=mine.json", spanwise.url).href;
    await goTo(page, at);
    await reaches(page, "ready");
    rmSync(join(live, "mine.json"));
    await goTo(page, at);
    await page.waitForSelector('body[data-state="failed"]');
    assert.equal(await page.evaluate(async () => await globalThis.caches.match("mine.json")), undefined);
  });

  test("a page and an engine that do not belong together load anew once, and then say so", async () => {
    await goTo(page, spanwise.url);
    await page.evaluate(async () => {
      const [name] = await globalThis.caches.keys();
      const cache = await globalThis.caches.open(name);
      const loader = document.querySelector("meta[name=spanwise-engine]").content;
      const text = await (await cache.match(loader)).text();
      await cache.put(loader, new Response(text.replace(/b{16}/, "d".repeat(16)), { headers: { "Content-Type": "text/javascript" } }));
    });
    let loads = 0;
    page.on("load", () => loads++);
    await page.reload();
    await page.getByRole("heading", { name: "The page and its engine are of different versions" }).waitFor();
    assert.equal(loads, 2);
  });

  test("a host can be rid of it", async () => {
    publish(c);
    writeEndOfServiceWorker(live);
    await page.reload();
    await until(page, async () => (await globalThis.caches.keys()).length === 0 && (await navigator.serviceWorker.getRegistration()) === undefined);
    await page.close();
    page = await spanwise.open();
    assert.deepEqual(await builds(), all("c"));
    assert.equal(await caches(), 0);
  });
});
