// When a page is opened and when not, how long a call waits for it, and what is
// left of questions when the server ends.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { aboutWhom, leaver, logins, notConsented, project, statusOf } from "./approval.mjs";
import { ask, atDesk, choose, formToken, post, reads, serve, sitDown, type, until } from "./browser.mjs";
import { cast, demoOrg, serveDemo, text } from "./harness.mjs";
import { Stateless, start } from "./wire.mjs";

// One test waits for 45 s, and the others run meanwhile.
describe("the approval page", { concurrency: 3 }, () => {
  atDesk("a call waits 45 s and says so every 5 s, and the same call picks the answer up", async (t) => {
    const desk = await sitDown(t);
    const peer = await serve(t, desk);
    const told = [];
    // Without news the SDK would give up after 8 s.
    const patient = { timeout: 8_000, resetTimeoutOnProgress: true, onprogress: (progress) => told.push(progress) };
    const began = Date.now();
    const call = peer.begin("deactivate_user", leaver, patient);
    const page = await desk.show(call);
    const said = await notConsented(call);
    const waited = (Date.now() - began) / 1000;
    assert.ok(waited >= 44 && waited < 50, `the call waited ${waited} s`);
    assert.match(said, /a question is open in the person's browser until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ and is not answered yet; nothing was changed/);
    assert.match(said, /call this tool again with the same arguments/);
    const waits = told.filter(({ message }) => message === "waiting for a person to answer");
    assert.ok(waits.length >= 7 && waits.length <= 9, `${waits.length} notices in 45 s: ${JSON.stringify(told)}`);
    const steps = told.map(({ progress }) => progress);
    assert.deepEqual(steps, steps.toSorted((a, b) => a - b).filter((step, i) => step !== steps[i - 1]), "progress does not rise");
    assert.equal(await statusOf(peer), "ACTIVE");
    await choose(page, /^Yes: /);
    await reads(page, "You said yes");
    assert.equal(await statusOf(peer), "ACTIVE", "it was done before the agent came for it");
    assert.ok(!(await peer.call("deactivate_user", leaver)).isError, "the repeated call did not pick the answer up");
    assert.equal(await statusOf(peer), "DEPROVISIONED");
    assert.equal(desk.opened.length, 1, "the person was asked twice");
  });

  atDesk("a call given up leaves its page, and the same call joins it", async (t) => {
    const giveUp = new AbortController();
    const desk = await sitDown(t);
    const peer = await serve(t, desk);
    const first = peer.begin("deactivate_user", leaver, { signal: giveUp.signal });
    const page = await desk.show(first);
    giveUp.abort();
    await assert.rejects(first, /abort/i);
    const again = [peer.begin("deactivate_user", leaver), peer.begin("deactivate_user", { ...leaver })];
    await statusOf(peer); // answered after those were taken in
    await choose(page, /^Yes: /);
    const results = await Promise.all(again);
    assert.equal(results.filter((result) => !result.isError).length, 1, `one answer is one change: ${results.map(text)}`);
    assert.equal(desk.opened.length, 1, "the person was asked twice");
    assert.equal(await statusOf(peer), "DEPROVISIONED");
  });

  atDesk("a no given while no call waits is told to the call that comes for it", async (t) => {
    const giveUp = new AbortController();
    const desk = await sitDown(t);
    const peer = await serve(t, desk);
    const first = peer.begin("delete_group", project, { signal: giveUp.signal });
    const page = await desk.show(first);
    giveUp.abort();
    await page.getByRole("button", { name: "No, change nothing" }).click();
    await reads(page, "You said no");
    assert.match(await peer.refused("delete_group", project), /answer.* decline/);
    assert.equal(desk.opened.length, 1, "the person was asked again after a no");
  });

  atDesk("another call, or the same on a target that has changed, is another question", async (t) => {
    const { desk, peer, page } = await ask(t, "delete_group", project);
    await peer.ok("add_user_to_group", { group_id: cast.project, user_ids: [cast.suspended] });
    const again = peer.begin("delete_group", project);
    const anew = await desk.show(again);
    assert.notEqual(anew.url(), page.url());
    await type(page, cast.project);
    await reads(page, "This question was withdrawn");
    await page.getByText("it came too late").waitFor();
    assert.equal((await peer.ok("get_group", project)).profile.name, cast.project);
    await type(anew, cast.project);
    await reads(anew, "You said yes");
    assert.ok(!(await again).isError, "the answer to the new question did not count");
  });

  atDesk("a client that declines within a second has not asked anybody, and the page does", async (t) => {
    const { peer, call, page } = await ask(t, "deactivate_user", leaver, { answer: () => ({ action: "decline" }) });
    assert.equal(peer.questions.length, 1, "the client was not asked first");
    await choose(page, /^Yes: /);
    assert.ok(!(await call).isError, "the person said yes");
    assert.equal(await statusOf(peer), "DEPROVISIONED");
  });

  atDesk("so it is with a client that asks and calls again", async (t) => {
    const desk = await sitDown(t);
    const wire = start(t, { env: desk.env, args: [...serveDemo, "--log-level", "DEBUG"] });
    t.after(() => desk.assertUntold(wire));
    const peer = new Stateless(wire);
    const question = await peer.asked("deactivate_user", leaver);
    const call = peer.call("deactivate_user", leaver, question.answered({ action: "decline" }));
    await choose(await desk.show(call), /^Yes: /);
    assert.ok(!(await call).isError, "the person said yes");
    assert.equal((await peer.ok("get_user", { user_id: cast.ordinary })).status, "DEPROVISIONED");
  });

  atDesk("a no that a person can have given to the client opens no page", async (t) => {
    const desk = await sitDown(t);
    const answer = async () => {
      await pause(1_100); // somebody reads
      return { action: "decline" };
    };
    const peer = await serve(t, desk, { answer });
    assert.match(await peer.refused("deactivate_user", leaver), /the client answered decline/);
    assert.deepEqual(desk.opened, [], "the person was asked again after a no");
  });

  atDesk("a client that asks well opens no page", async (t) => {
    const desk = await sitDown(t);
    const peer = await serve(t, desk, { answer: () => ({ action: "accept", content: { decision: "proceed" } }) });
    await peer.ok("deactivate_user", leaver);
    assert.deepEqual(desk.opened, [], "a page was opened beside the client's question");
  });

  atDesk("--ask browser does not ask the client", async (t) => {
    const { peer, call, page } = await ask(t, "deactivate_user", leaver, {
      flags: ["--ask", "browser"], answer: () => ({ action: "accept", content: { decision: "proceed" } }),
    });
    await choose(page, "No, change nothing");
    await notConsented(call);
    assert.equal(peer.questions.length, 0, "the client was asked");
    assert.equal(await statusOf(peer), "ACTIVE");
  });

  const without = (...names) => (env) => Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

  for (const [what, { flags = [], surroundings = (env) => env, answer, why, skip = () => false }] of Object.entries({
    "--ask client, with a client that cannot": { flags: ["--ask", "client"], why: /does not support elicitation/ },
    "--ask none": { flags: ["--ask", "none"], why: /--ask none/ },
    "--ask none, with a client that could": { flags: ["--ask", "none"], answer: () => ({ action: "accept", content: { decision: "proceed" } }), why: /--ask none/ },
    "a remote session": { surroundings: (env) => ({ ...env, SSH_CONNECTION: "1" }), why: /this is a remote session/ },
    "no display": {
      surroundings: without("DISPLAY"), why: /no display is set/,
      skip: () => existsSync(`/run/user/${process.getuid()}/wayland-0`) && "whoever runs this has a display",
    },
    "--ask browser in a remote session": { flags: ["--ask", "browser"], surroundings: (env) => ({ ...env, SSH_TTY: "1" }), why: /this is a remote session/ },
    "nothing that opens browsers": { surroundings: (env) => ({ ...env, PATH: "/nowhere" }), why: /xdg-open, which opens the browser, was not found/ },
  })) {
    atDesk(`with ${what} nobody is asked, and the refusal tells the operator's ways out`, async (t) => {
      const reason = skip();
      if (reason) return t.skip(reason);
      const desk = await sitDown(t);
      desk.env = surroundings(desk.env);
      const peer = await serve(t, desk, { flags, answer });
      const said = await notConsented(peer.begin("deactivate_user", leaver));
      assert.match(said, why);
      for (const way of [/a client that supports elicitation/, /okta-mcp call/, /--approve deactivate_user/]) assert.match(said, way);
      const page = !flags.includes("client") && !flags.includes("none"); // which --ask rules out
      assert.equal(/where a browser can be opened/.test(said), page, said);
      assert.deepEqual(desk.opened, [], "a browser was opened");
      assert.deepEqual(desk.lyingAbout, [], "a file with an address was written");
      assert.equal(peer.questions.length, 0, "the client was asked");
      assert.equal(await statusOf(peer), "ACTIVE");
    });
  }

  atDesk("a burst of 200 calls opens ten pages, and nothing is changed", async (t) => {
    const desk = await sitDown(t);
    const peer = await serve(t, desk);
    const people = await logins(peer, 200, 'status eq "ACTIVE"');
    const refused = [];
    for (const login of people) peer.begin("suspend_user", { user_ids: [login] }).then((result) => refused.push(result), () => {});
    await until("190 calls are refused and ten pages open", () => refused.length >= 190 && desk.opened.length >= 10);
    assert.equal(refused.length, 190);
    for (const result of refused) assert.match(text(result), /10 questions were put to a person within ten minutes, which is the limit/);
    assert.equal(new Set(desk.opened).size, 10, "more pages were opened");
    const { items } = await peer.ok("get_logs", { since: "-1h", event_type: "user.lifecycle.suspend" });
    assert.deepEqual(items, [], "somebody was suspended");
  });

  /** A client that cannot ask, on an org that outlives the server. */
  function connectTo(t, desk) {
    const wire = start(t, { env: desk.env, args: ["serve", "--toolsets", "all", "--log-level", "DEBUG"] });
    t.after(() => desk.assertUntold(wire));
    return { wire, peer: new Stateless(wire, {}) };
  }

  for (const [how, stop] of Object.entries({
    "SIGTERM": (child) => child.kill("SIGTERM"),
    "the end of its input": (child) => child.stdin.end(),
  })) {
    atDesk(`${how} ends three open questions without consent, and the same call asks anew after a restart`, async (t) => {
      const desk = await sitDown(t);
      Object.assign(desk.env, await demoOrg(t));
      const { wire, peer } = connectTo(t, desk);
      const people = await logins(peer, 3);
      const suspend = (by, login) => by.call("suspend_user", { user_ids: [login] });
      const calls = people.map((login) => suspend(peer, login));
      const pages = [await desk.show(), await desk.show()];
      const form = await formToken(pages[0]);
      await desk.next(); // is never shown
      stop(wire.child);
      for (const call of calls) assert.match(await notConsented(call), /(connection ended|call was cancelled) while the question was open; nothing was changed/);
      await wire.exited;
      assert.deepEqual(desk.lyingAbout, [], "a file with an address was left");
      await assert.rejects(post(pages[0], { form, decision: "proceed" }), /ECONNREFUSED/);
      await choose(pages[1], /^Yes: /);
      await until("the browser finds no server", () => pages[1].url().startsWith("chrome-error:"));

      const next = connectTo(t, desk).peer;
      for (const login of people) assert.equal(await statusOf(next, login), "ACTIVE");
      const again = suspend(next, people[0]);
      const page = await desk.show(again);
      assert.equal(await aboutWhom(page, people), people[0]);
      await choose(page, /^Yes: /);
      assert.ok(!(await again).isError, "the answer after the restart did not count");
      assert.deepEqual(await Promise.all(people.map((login) => statusOf(next, login))), ["SUSPENDED", "ACTIVE", "ACTIVE"]);
    });
  }
});
