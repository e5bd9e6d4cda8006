// A person at a desktop, for the tests of the approval page: a home and a display,
// an xdg-open that notes what it is to open, and a real Chromium that opens it.
//
// CHROMIUM names the browser; otherwise the first that PATH has.

import assert from "node:assert/strict";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { connect, environment, serveDemo, text } from "./harness.mjs";

/** A name that anybody could make point to this machine (DNS rebinding). */
export const rebound = "evil.example";

const switches = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", `--host-resolver-rules=MAP ${rebound} 127.0.0.1`,
];

/** How long anything may take that happens by itself. */
const patience = 20_000;

const skip = process.platform !== "linux" ? "what opens browsers can be replaced by a test on Linux only"
  : process.env.OKTA_MCP_NO_BROWSER === "1" && "OKTA_MCP_NO_BROWSER is set";

/** Defines a test that needs a browser. */
export function atDesk(name, run) {
  test(name, { skip }, run);
}

// One browser serves a whole file of tests, each in a context of its own.
let launching;
after(async () => (await launching)?.close());

function browser() {
  launching ??= chromium.launch({ executablePath: executable(), args: switches, timeout: patience });
  return launching;
}

function executable() {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"];
  const paths = names.flatMap((name) => name.includes("/") ? [name] : process.env.PATH.split(delimiter).map((dir) => join(dir, name)));
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  assert.ok(found, `the approval page is tested with a real browser and ${names.join(", ")} cannot be found: `
    + "install chromium (apt-get install chromium), set CHROMIUM to a Chromium or Chrome, or leave these tests out with OKTA_MCP_NO_BROWSER=1");
  return found;
}

/** Looks until there is something to see, and returns it. */
export async function until(what, look) {
  for (const deadline = Date.now() + patience; ;) {
    const seen = await look();
    if (seen) return seen;
    assert.ok(Date.now() < deadline, `after ${patience / 1000} s it is still not so that ${what}`);
    await pause(20);
  }
}

/** Sits a person down at a new desktop; `options` are those of a browser context. */
export async function sitDown(t, options) {
  const env = environment(t);
  const context = await (await browser()).newContext(options);
  const desk = new Desk(env, context);
  t.after(() => desk.leave());
  return desk;
}

/**
 * Starts a server that can reach the desk, and a client that cannot ask unless
 * `options` say so. When both have ended, no address may be in anything that the
 * server sent or logged.
 */
export async function serve(t, desk, { args = serveDemo, flags = [], ...options } = {}) {
  const peer = await connect(t, { ...options, args: [...args, "--log-level", "DEBUG", ...flags], env: desk.env });
  t.after(() => desk.assertUntold(peer));
  return peer;
}

/** Begins a call in a new demo org that must ask on a page, and shows the page. */
export async function ask(t, name, args, { context, ...options } = {}) {
  const desk = await sitDown(t, context);
  const peer = await serve(t, desk, options);
  const call = peer.begin(name, args);
  return { desk, peer, call, page: await desk.show(call) };
}

class Desk {
  /** Which hosts other than the page's own may be asked for something. */
  welcome = new Set();
  /** Whether a test itself breaks the page's policy. */
  meddled = false;
  #addresses = [];
  #secrets = new Set();
  #shown = 0;
  #requests = [];
  #complaints = [];

  constructor(env, context) {
    this.context = context;
    this.home = env.HOME;
    const bin = join(this.home, "bin");
    this.env = { ...env, DISPLAY: ":99", SSH_CONNECTION: "", PATH: bin + delimiter + env.PATH };
    mkdirSync(bin);
    this.opener('env > "$HOME/opener-environment"\nprintf "%s\\n" "$*" >> "$HOME/opened"');
    context.setDefaultTimeout(patience);
    context.on("request", (request) => this.#requests.push(request.url()));
    context.on("console", (message) => this.#complaints.push(message.text()));
    context.on("weberror", (error) => this.#complaints.push(String(error.error())));
  }

  /** Replaces what the desktop opens files with by the lines of a shell script. */
  opener(lines) {
    writeFileSync(join(this.home, "bin", "xdg-open"), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  }

  /** The files that the desktop was asked to open, so far. */
  get opened() {
    const list = join(this.home, "opened");
    return existsSync(list) ? readFileSync(list, "utf8").split("\n").slice(0, -1) : [];
  }

  /** The files with an address that are on the disk now. */
  get lyingAbout() {
    return readdirSync(this.home).filter((name) => name.startsWith("okta-mcp-approval"));
  }

  /** Waits for the next file that the desktop is asked to open during the call. */
  async next(call) {
    const n = this.#shown++;
    const file = until(`${n + 1} files were opened`, () => this.opened[n]);
    const early = call?.then((result) => assert.fail(`no page was opened, but the call answered ${text(result)}`));
    return Promise.race([file, early ?? file]);
  }

  /** Waits for the next page and opens it as a browser does: by its file. */
  async show(call) {
    const file = await this.next(call);
    assert.equal(statSync(file).mode & 0o777, 0o600, "others can read the file with the address");
    this.#secrets.add(basename(file, ".html"));
    const page = await this.context.newPage();
    await page.goto(pathToFileURL(file).href, { waitUntil: "commit" });
    await page.waitForURL(/^http:/);
    await this.note(page);
    return page;
  }

  /** Remembers the address of a page, and what its form carries, as secrets. */
  async note(page) {
    const { host, pathname, href } = new URL(page.url());
    assert.match(href, /^http:\/\/127\.0\.0\.1:\d+\/approve\/[A-Z2-7]{26}$/, "the address is not what it must be");
    this.#addresses.push(host);
    for (const secret of [host, basename(pathname), await formToken(page)]) this.#secrets.add(secret);
  }

  /** Ends the session; nobody but the page may have been asked for anything. */
  async leave() {
    await this.context.close();
    const strange = this.#requests.filter((url) => {
      const { protocol, host, pathname } = new URL(url);
      return protocol === "file:" ? dirname(pathname) !== this.home : !this.#addresses.includes(host) && !this.welcome.has(host);
    });
    assert.deepEqual(strange, [], "something from elsewhere was asked for");
    const violations = this.#complaints.filter((line) => /content.security.policy|violat|refused to/i.test(line));
    if (!this.meddled && this.welcome.size === 0) assert.deepEqual(violations, [], "the page breaks its own policy");
  }

  assertUntold({ received, log }) {
    this.assertNowhere({ "an MCP message": received.join("\n"), "the log": log });
  }

  /** Fails when an address, or a part of one that opens it, is in a text. */
  assertNowhere(texts) {
    for (const [where, told] of Object.entries(texts)) {
      for (const secret of [...this.#secrets, "/approve/", "okta-mcp-approval"]) {
        const at = told.indexOf(secret);
        assert.equal(at, -1, `${where} tells ${secret}: …${told.slice(Math.max(0, at - 100), at + 60)}…`);
      }
    }
  }
}

/** The token that the page's form carries. */
export function formToken(page) {
  return page.locator("input[name=form]").first().getAttribute("value");
}

/** Waits until the page has a heading that matches. */
export async function reads(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Answers a question that leaves a choice. */
export async function choose(page, answer) {
  await page.getByRole("radio", { name: answer }).check();
  await page.getByRole("button", { name: "Send the answer" }).click();
}

/** Answers a question that wants something typed. */
export async function type(page, typed) {
  await page.getByRole("textbox", { name: "Type to confirm" }).fill(typed);
  await page.getByRole("button", { name: /^Yes: / }).click();
}

/** Posts a form to a page as no browser would. */
export function post(page, form, { headers, ...options } = {}) {
  const { origin, pathname } = new URL(page.url());
  return page.context().request.post(origin + pathname, { form, headers: { Origin: origin, ...headers }, maxRedirects: 0, ...options });
}
