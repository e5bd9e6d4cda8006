// The page on which a person answers in the browser: each way to answer, and that
// one answer is one change. What was done is read from the org.

import assert from "node:assert/strict";

import { aboutWhom, assertProjectStands, deactivations, leaver, logins, notConsented, project, statusOf } from "./approval.mjs";
import { ask, atDesk, choose, formToken, post, reads, serve, sitDown, type } from "./browser.mjs";
import { cast, text } from "./harness.mjs";

atDesk("yes on the page deactivates the person", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  assert.equal(await statusOf(peer), "ACTIVE", "the person was deactivated before anybody answered");
  await choose(page, /^Yes: deactivate this user$/);
  await reads(page, "You said yes");
  const done = await call;
  assert.ok(!done.isError, `the person said yes and the call answered ${text(done)}`);
  assert.equal(done.structuredContent.target.name, cast.ordinary);
  assert.equal(await statusOf(peer), "DEPROVISIONED");
  assert.equal(await deactivations(peer), 1);
});

atDesk("no on the page changes nothing, and the same call is refused unasked from then on", async (t) => {
  const { desk, peer, call, page } = await ask(t, "deactivate_user", leaver);
  await choose(page, "No, change nothing");
  await reads(page, "You said no");
  assert.match(await notConsented(call), /the browser answered decline; nothing was changed/);
  assert.match(await notConsented(peer.begin("deactivate_user", leaver)), /decline less than ten minutes ago/);
  assert.equal(desk.opened.length, 1, "the person was asked again after a no");
  assert.equal(await statusOf(peer), "ACTIVE");
});

atDesk("the name typed right deletes the group", async (t) => {
  const { peer, call, page } = await ask(t, "delete_group", project);
  await type(page, cast.project);
  await reads(page, "You said yes");
  assert.equal((await call).structuredContent.target.name, cast.project);
  assert.match(await peer.refused("get_group", project), /Project Nightingale/);
});

atDesk("a question that wants a name typed has a no as well", async (t) => {
  const { peer, call, page } = await ask(t, "delete_group", project);
  await page.getByRole("button", { name: "No, change nothing" }).click();
  await reads(page, "You said no");
  assert.match(await notConsented(call), /the browser answered decline/);
  await assertProjectStands(peer);
});

atDesk("a name typed wrong is said to be, any number of times, and the question stays open", async (t) => {
  const { peer, call, page } = await ask(t, "delete_group", project);
  for (const wrong of ["Project Nightingales", cast.project.toLowerCase(), `${cast.project} `, "<b>yes</b>", "y"]) {
    await type(page, wrong);
    await page.getByRole("alert").filter({ hasText: "not exactly what must be typed" }).waitFor();
    await reads(page, /^Delete this group for good/);
    assert.equal(await page.getByRole("textbox").inputValue(), wrong, "what was typed is gone");
    assert.match(await page.title(), /^Not answered yet: /);
  }
  await assertProjectStands(peer);
  await type(page, cast.project);
  await reads(page, "You said yes");
  assert.ok(!(await call).isError, "the call did not go on after the right name");
});

atDesk("the other form's answer, and a form without one, are no answer", async (t) => {
  const { peer, call, page } = await ask(t, "delete_group", project);
  const form = await formToken(page);
  for (const answer of [{}, { decision: "proceed" }, { type_to_confirm: "" }, { type_to_confirm: cast.project, decision: "refuse" }, { content: cast.project }]) {
    assert.equal((await post(page, { form, ...answer })).status(), 422, `not refused: ${JSON.stringify(answer)}`);
  }
  await assertProjectStands(peer);
  assert.equal((await post(page, { form, type_to_confirm: cast.project })).status(), 303);
  assert.ok(!(await call).isError, "the answer after those did not count");
});

atDesk("nobody answers: the call ends, the page says so, and a late yes changes nothing", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver, { flags: ["--ask-timeout", "4s"] });
  const late = await page.context().newPage();
  await late.goto(page.url());
  assert.match(await notConsented(call), /nobody answered within 4s; nothing was changed/);
  await page.reload();
  await reads(page, "This question has expired");
  await choose(late, /^Yes: /);
  await reads(late, "This question has expired");
  await late.getByText("it came too late").waitFor();
  assert.equal(await statusOf(peer), "ACTIVE");
});

atDesk("two clicks are one yes", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  await page.getByRole("radio", { name: /^Yes: / }).check();
  await page.getByRole("button", { name: "Send the answer" }).dblclick();
  await reads(page, "You said yes");
  assert.ok(!(await call).isError, "the yes did not count");
  assert.equal(await deactivations(peer), 1);
});

atDesk("of many answers at once the first counts, and the others are told", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  const form = await formToken(page);
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => post(page, { form, decision: i % 2 ? "refuse" : "proceed" })));
  const counted = answers.filter((answer) => answer.status() === 303).length;
  const refused = await Promise.all(answers.filter((answer) => answer.status() === 409).map((answer) => answer.text()));
  assert.deepEqual([counted, refused.length], [1, 11], `the answers were ${answers.map((answer) => answer.status())}`);
  assert.ok(refused.every((body) => body.includes("does not count: this question was answered already") || body.includes("You said no after a yes")), refused[0]);
  const result = await call;
  await page.reload();
  await reads(page, result.isError ? "You said no" : "You said"); // a no after the yes can come before the call goes on, or after
  assert.equal(await deactivations(peer), result.isError ? 0 : 1);
});

atDesk("answered in one tab, the question is closed in the other", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await choose(page, "No, change nothing");
  await reads(page, "You said no");
  await choose(other, /^Yes: /);
  await other.getByText("this question was answered already").waitFor();
  await reads(other, "You said no");
  await notConsented(call);
  assert.equal(await statusOf(peer), "ACTIVE");
});

atDesk("after the answer, going back and reloading ask nothing and change nothing", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  await choose(page, /^Yes: /);
  await reads(page, "You said yes");
  await call;
  await page.reload(); // would ask whether to send the form again, had the answer been the form's own
  await reads(page, "You said yes");
  await page.goBack();
  await reads(page, "You said yes");
  assert.equal(await page.getByRole("button").count(), 0, "the page still takes an answer");
  assert.equal(await deactivations(peer), 1);
});

atDesk("after a wrong name, going back shows the open question", async (t) => {
  const { call, page } = await ask(t, "delete_group", project);
  await type(page, "another name");
  await page.getByRole("alert").waitFor();
  await page.goBack();
  await page.getByRole("textbox", { name: "Type to confirm" }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  await type(page, cast.project);
  await reads(page, "You said yes");
  assert.ok(!(await call).isError, "the name typed right did not count");
});

const without = { context: { javaScriptEnabled: false } };

atDesk("a choice works without JavaScript", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver, without);
  await choose(page, /^Yes: /);
  await reads(page, "You said yes");
  await call;
  assert.equal(await statusOf(peer), "DEPROVISIONED");
});

atDesk("typing works without JavaScript", async (t) => {
  const { call, page } = await ask(t, "delete_group", project, without);
  await type(page, "another name");
  await page.getByRole("alert").waitFor();
  await type(page, cast.project);
  await reads(page, "You said yes");
  assert.ok(!(await call).isError, "the name typed right did not count");
});

atDesk("ten questions at once are ten tabs, and each answer is for its own", async (t) => {
  const desk = await sitDown(t);
  const peer = await serve(t, desk);
  const people = await logins(peer, 10);
  const calls = new Map(people.map((login) => [login, peer.begin("suspend_user", { user_ids: [login] })]));
  const tabs = [];
  for (const call of calls.values()) tabs.push({ page: await desk.show(call) });
  for (const tab of tabs) tab.about = await aboutWhom(tab.page, people);
  assert.deepEqual(tabs.map((tab) => tab.about).sort(), people.toSorted(), "each question is about somebody else");
  for (const [i, { page, about }] of tabs.reverse().entries()) {
    const yes = i % 2 === 0;
    await choose(page, yes ? /^Yes: / : "No, change nothing");
    await reads(page, yes ? "You said yes" : "You said no");
    const result = await calls.get(about);
    assert.equal(!result.isError, yes, `about ${about} the answer was ${yes ? "yes" : "no"} and the call answered ${text(result)}`);
    assert.equal(await statusOf(peer, about), yes ? "SUSPENDED" : "ACTIVE");
  }
});
