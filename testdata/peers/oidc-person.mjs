// A person with a browser of a few lines, who signs in on oidc-provider's own
// pages: cookies, redirects, and the forms as they are written.

import assert from "node:assert/strict";

const entities = { "&amp;": "&", "&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">" };

class Browser {
  #cookies = []; // {name, value, path}

  /** Opens an address, follows where it leads, and returns {url, status, html}. */
  async open(url, form) {
    for (let hops = 0; hops < 10; hops++) {
      const response = await fetch(url, {
        method: form ? "POST" : "GET", body: form && new URLSearchParams(form), redirect: "manual",
        headers: { Accept: "text/html", Cookie: this.#cookiesFor(new URL(url).pathname) },
      });
      response.headers.getSetCookie().forEach((cookie) => this.#keep(cookie));
      const to = response.headers.get("Location");
      if (!to) return { url, status: response.status, html: await response.text() };
      [url, form] = [new URL(to, url).href, undefined];
    }
    assert.fail(`${url} leads nowhere`);
  }

  /** Submits the one form of a page, with what a person adds to it. */
  submit({ url, html }, added = {}) {
    const action = /<form[^>]*\saction="([^"]*)"/.exec(html);
    assert.ok(action, `a page without a form:\n${html}`);
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const form = Object.fromEntries(hidden.map(([, name, value]) => [name, plain(value)]));
    return this.open(new URL(plain(action[1]), url).href, { ...form, ...added });
  }

  #keep(line) {
    const [pair, ...attributes] = line.split("; ");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const path = attributes.find((a) => a.toLowerCase().startsWith("path="))?.slice(5) ?? "/";
    this.#cookies = this.#cookies.filter((c) => c.name !== name || c.path !== path);
    if (value) this.#cookies.push({ name, value, path });
  }

  #cookiesFor(path) {
    return this.#cookies.filter((c) => path.startsWith(c.path)).map(({ name, value }) => `${name}=${value}`).join("; ");
  }
}

function plain(text) {
  return text.replace(/&(amp|quot|#39|lt|gt);/g, (entity) => entities[entity]);
}

/** Types the code at the address, and says whether this is the device: yes or no. */
async function enterCode(browser, address, code, decision = {}) {
  const asked = await browser.submit(await browser.open(address), { user_code: code });
  assert.match(asked.html, new RegExp(code), `the page does not show the code:\n${asked.html}`);
  return browser.submit(asked, decision);
}

/** Enters the code, signs in and consents. */
export async function approve(address, code, login) {
  const browser = new Browser();
  const signIn = await enterCode(browser, address, code);
  const consent = await browser.submit(signIn, { login, password: "any will do" });
  const done = await browser.submit(consent);
  assert.match(done.html, /Sign-in Success/, `it did not end well:\n${done.html}`);
}

/** Says on the first page that it is not their device. */
export async function abort(address, code) {
  const page = await enterCode(new Browser(), address, code, { abort: "yes" });
  assert.match(page.html, /interrupted/, `it was not aborted:\n${page.html}`);
}

/** Signs in, and then refuses the app what it asks for. */
export async function refuseConsent(address, code, login) {
  const browser = new Browser();
  const consent = await browser.submit(await enterCode(browser, address, code), { login, password: "any will do" });
  const cancel = /<a href="([^"]*\/abort)"/.exec(consent.html);
  assert.ok(cancel, `no way to cancel:\n${consent.html}`);
  await browser.open(new URL(plain(cancel[1]), consent.url).href);
}

/** Signs in and consents at an app's address, and returns the address the app is called back at. */
export async function authorize(address, login) {
  const browser = new Browser();
  const consent = await browser.submit(await browser.open(address), { login, password: "any will do" });
  const done = await browser.submit(consent);
  return new URL(done.url);
}
