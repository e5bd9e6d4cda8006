// What must not be an answer, or even see a question: other pages, other names for
// this machine, other programs; and who never learns the address.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { assertProjectStands, leaver, notConsented, project, statusOf } from "./approval.mjs";
import { ask, atDesk, choose, formToken, post, reads, rebound, serve, sitDown, type, until } from "./browser.mjs";
import { cast } from "./harness.mjs";

/** Serves one page on another port, as any program of this machine could. */
async function elsewhere(t, desk, body) {
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>Elsewhere</title>${body}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const host = `127.0.0.1:${server.address().port}`;
  desk.welcome.add(host);
  return `http://${host}/`;
}

/** The question is open still, and its own page can answer it. */
async function assertStillOpen({ peer, call, page }) {
  assert.equal(await statusOf(peer), "ACTIVE", "the person was deactivated");
  await page.reload();
  await choose(page, "No, change nothing");
  await reads(page, "You said no");
  await notConsented(call);
}

const yes = { decision: "proceed" };

atDesk("a form is nothing without the token of the question's own page", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const second = asked.peer.begin("delete_group", project);
  const otherPage = await asked.desk.show(second);
  const [form, other] = [await formToken(asked.page), await formToken(otherPage)];
  assert.notEqual(form, other);
  for (const [what, forged, headers] of [
    ["no token", yes],
    ["an empty token", { ...yes, form: "" }],
    ["a made-up token", { ...yes, form: "A".repeat(form.length) }],
    ["a token in lower case", { ...yes, form: form.toLowerCase() }],
    ["another question's token", { ...yes, form: other }],
    ["no Origin", { ...yes, form }, { Origin: "" }],
    ["the Origin null", { ...yes, form }, { Origin: "null" }],
    ["the right Origin by https", { ...yes, form }, { Origin: new URL(asked.page.url()).origin.replace("http:", "https:") }],
    ["the Origin of another port", { ...yes, form }, { Origin: "http://127.0.0.1:1" }],
    ["the Origin of another name", { ...yes, form }, { Origin: new URL(asked.page.url()).origin.replace("127.0.0.1", "localhost") }],
    ["a word that it comes from elsewhere", { ...yes, form }, { "Sec-Fetch-Site": "cross-site" }],
    ["a word that it comes from another port", { ...yes, form }, { "Sec-Fetch-Site": "same-site" }],
  ]) {
    assert.equal((await post(asked.page, forged, { headers })).status(), 403, `with ${what} the form was not refused`);
  }
  await assertStillOpen(asked);
  await assertProjectStands(asked.peer);
});

atDesk("only a form, posted, is an answer", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const form = await formToken(asked.page);
  const answer = `decision=proceed&form=${form}`;
  const { request } = asked.page.context();
  const { origin, href } = new URL(asked.page.url());
  for (const [what, status, sent] of [
    ["the answer as a query", 200, request.get(`${href}?${answer}`)],
    ["the answer as a posted query", 403, request.post(`${href}?${answer}`, { headers: { Origin: origin, "Content-Type": "application/x-www-form-urlencoded" } })],
    ["JSON", 403, request.post(href, { headers: { Origin: origin }, data: { ...yes, form } })],
    ["plain text", 403, request.post(href, { headers: { Origin: origin, "Content-Type": "text/plain" }, data: answer })],
    ["several parts", 403, request.post(href, { headers: { Origin: origin }, multipart: { ...yes, form } })],
    ["PUT", 405, request.put(href, { headers: { Origin: origin }, form: { ...yes, form } })],
    ["DELETE", 405, request.delete(href, { headers: { Origin: origin } })],
    ["OPTIONS", 405, request.fetch(href, { method: "OPTIONS", headers: { Origin: "http://127.0.0.1:1", "Access-Control-Request-Method": "POST" } })],
    ["64 KB", 413, request.post(href, { headers: { Origin: origin }, form: { ...yes, form, more: "x".repeat(64 << 10) } })],
    ["another address", 404, request.get(`${origin}/approve/${"A".repeat(26)}`)],
    ["no address", 404, request.get(`${origin}/`)],
    ["a longer address", 404, request.get(`${href}/`)],
  ]) {
    assert.equal((await sent).status(), status, `${what} was not answered as it must be`);
  }
  await assertStillOpen(asked);
});

atDesk("a page of another port that knows every token cannot answer", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const address = await elsewhere(t, asked.desk, `<form method="post" action="${asked.page.url()}">
    <input name="form" value="${await formToken(asked.page)}"><input name="decision" value="proceed"><button>Win a prize</button></form>`);
  const lure = await asked.desk.context.newPage();
  await lure.goto(address);
  await lure.getByRole("button").click();
  await reads(lure, "This was not taken as an answer");
  await assertStillOpen(asked);
});

atDesk("scripts of another page can neither read nor send", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const address = await elsewhere(t, asked.desk, "");
  const lure = await asked.desk.context.newPage();
  await lure.goto(address);
  const body = `form=${await formToken(asked.page)}&decision=proceed`;
  const got = await lure.evaluate(async ({ url, body }) => {
    const attempt = async (options) => {
      try {
        const response = await fetch(url, options);
        return `${response.type} ${await response.text()}`;
      } catch (error) {
        return error.name;
      }
    };
    const type = "application/x-www-form-urlencoded";
    return {
      read: await attempt({}),
      readBlind: await attempt({ mode: "no-cors" }),
      sent: await attempt({ method: "POST", body, headers: { "Content-Type": type } }),
      sentBlind: await attempt({ method: "POST", mode: "no-cors", body: new URLSearchParams(body) }),
      beacon: String(navigator.sendBeacon(url, new URLSearchParams(body))),
    };
  }, { url: asked.page.url(), body });
  for (const how of ["read", "readBlind", "sent", "sentBlind"]) assert.equal(got[how], "TypeError", `${how} worked: ${got[how]}`);
  await assertStillOpen(asked);
});

atDesk("another name for this machine shows nothing and takes nothing", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const url = new URL(asked.page.url());
  const evil = `${rebound}:${url.port}`;
  asked.desk.welcome.add(evil);
  const lure = await asked.desk.context.newPage();
  const shown = await lure.goto(`http://${evil}${url.pathname}`);
  assert.equal(shown.status(), 421);
  await reads(lure, "This is the wrong address");
  assert.equal((await lure.content()).includes(cast.ordinary), false, "the question was shown");
  const sent = lure.waitForResponse((response) => response.request().method() === "POST");
  await lure.evaluate((form) => {
    document.body.innerHTML = `<form method="post"><input name="form" value="${form}"><input name="decision" value="proceed"></form>`;
    document.forms[0].submit();
  }, await formToken(asked.page));
  assert.equal((await sent).status(), 421);
  await assertStillOpen(asked);
});

for (const [what, element] of Object.entries({
  "a frame": (url) => `<iframe src="${url}"></iframe>`,
  "a sandboxed frame": (url) => `<iframe sandbox="allow-forms allow-scripts" src="${url}"></iframe>`,
  "an object": (url) => `<object data="${url}" type="text/html"></object>`,
  "an embedded document": (url) => `<embed src="${url}" type="text/html">`,
})) {
  atDesk(`another page cannot show the question in ${what}`, async (t) => {
    const asked = await ask(t, "deactivate_user", leaver);
    const address = await elsewhere(t, asked.desk, element(asked.page.url()));
    const lure = await asked.desk.context.newPage();
    const tried = lure.waitForRequest(asked.page.url());
    await lure.goto(address); // which waits for what is in the page
    await tried;
    for (const frame of lure.frames()) {
      const shown = await frame.content().catch(() => ""); // a frame that went when it was refused
      assert.equal(shown.includes("Deactivate this user"), false, `the question is shown in ${what}`);
    }
    await assertStillOpen(asked);
  });
}

atDesk("a page that opens the question in a window keeps no hold of it", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const lure = await asked.desk.context.newPage();
  await lure.goto(await elsewhere(t, asked.desk, ""));
  const opening = asked.desk.context.waitForEvent("page");
  await lure.evaluate((url) => { window.held = window.open(url); }, asked.page.url());
  await reads(await opening, /^Deactivate this user/);
  await until("the opener has lost the window", () => lure.evaluate(() => window.held.closed));
  await assertStillOpen(asked);
});

atDesk("the answer carries the headers that keep it from others", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  const headers = (await asked.page.reload()).headers();
  const policy = Object.fromEntries(headers["content-security-policy"].split("; ").map((part) => part.split(/ (.*)/s)));
  assert.equal(policy["default-src"], "'none'");
  assert.equal(policy["frame-ancestors"], "'none'");
  assert.equal(policy["form-action"], "'self'");
  assert.equal(policy["base-uri"], "'none'");
  assert.equal("script-src" in policy, false, "scripts are allowed somewhere");
  assert.equal(headers["x-frame-options"], "DENY");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.match(headers["cache-control"], /no-store/);
  assert.match(headers["referrer-policy"], /^(no-referrer|same-origin)$/);
  assert.equal("set-cookie" in headers, false, "the page leaves a cookie");
  assert.equal("access-control-allow-origin" in headers, false, "other pages may read it");
  await assertStillOpen(asked);
});

atDesk("a script in the page would not run, and a style of another's would not count", async (t) => {
  const asked = await ask(t, "deactivate_user", leaver);
  asked.desk.meddled = true;
  const tried = await asked.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    const style = document.createElement("style");
    style.textContent = "main { display: none }";
    document.body.append(script, style);
    document.querySelector("h1").setAttribute("onclick", "window.ran = true");
    document.querySelector("h1").click();
    return { ran: window.ran, display: getComputedStyle(document.querySelector("main")).display };
  });
  assert.deepEqual(tried, { ran: undefined, display: "block" });
  await assertStillOpen(asked);
});

atDesk("the address is in no message, log line, record, command line or environment, and leaves the disk once it was opened", async (t) => {
  const desk = await sitDown(t);
  const record = join(desk.home, "record.jsonl");
  const peer = await serve(t, desk, { flags: ["--audit-file", record] });
  const calls = [peer.begin("delete_group", project), peer.begin("deactivate_user", leaver)];
  const pages = [await desk.show(calls[0]), await desk.show(calls[1])];
  await until("no file with an address is left", () => desk.lyingAbout.length === 0);
  for (const page of pages) {
    if (await page.getByRole("textbox").count()) {
      await type(page, "another name");
      await type(page, cast.project);
    } else {
      await choose(page, "No, change nothing");
    }
    await reads(page, /^You said (yes|no)$/);
  }
  assert.ok(!(await calls[0]).isError, "the right name did not count");
  await notConsented(calls[1]);
  await peer.client.close();
  assert.match(peer.log, / DBG /, "the log was not as talkative as it can be");
  const texts = { "the record": readFileSync(record, "utf8"), "the opener's environment": readFileSync(join(desk.home, "opener-environment"), "utf8") };
  assert.match(texts["the record"], /browser/, "the record does not say through what the person answered");
  assert.equal(/^OKTA_/m.test(texts["the opener's environment"]), false, "the opener was given our settings");
  desk.assertNowhere(texts);
  for (const path of desk.opened) assert.ok(!existsSync(path), "the file with the address is still there");
});

atDesk("an opener that fails is reported without the address", async (t) => {
  const desk = await sitDown(t);
  desk.opener('cat "$1" >&2; echo "cannot open $1" >&2; exit 3');
  const peer = await serve(t, desk);
  const said = await notConsented(peer.begin("deactivate_user", leaver));
  assert.match(said, /nothing was changed/);
  assert.match(said, /the browser could not be opened/);
  assert.deepEqual(desk.lyingAbout, [], "the file with the address is still there");
  assert.equal(await statusOf(peer), "ACTIVE");
});
