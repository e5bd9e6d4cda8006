// What the approval page looks like, and to whom it speaks: light and dark, wide
// and narrow, by keyboard, to a screen reader; and what names made to deceive do.
//
// With OKTA_MCP_SCREENSHOTS, the directory to write them to, there are pictures.

import assert from "node:assert/strict";
import { join } from "node:path";

import { leaver, notConsented, project, statusOf } from "./approval.mjs";
import { ask, atDesk, choose, reads, serve, sitDown, type } from "./browser.mjs";
import { cast } from "./harness.mjs";

/** Changes to how somebody signs in: a question with a table. */
const moved = { user_id: cast.ordinary, profile: { email: "jonas.weber@elsewhere.example", secondEmail: "jonas@mail.example", mobilePhone: "+49 151 12345678" } };

const looks = ["light", "dark"].flatMap((colorScheme) => [1280, 320].map((width) => ({ colorScheme, width })));

/** Looks at a page in each colour scheme and width. */
async function inspect(page, name) {
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const look = `${name}, ${colorScheme}, ${width} px wide`;
    const { over, faint, small } = await page.evaluate(measure);
    assert.ok(over <= 0, `${look}: the page is ${over} px wider than the window`);
    assert.deepEqual(faint, [], `${look}: too little contrast`);
    assert.deepEqual(small, [], `${look}: controls too small to hit`);
    const directory = process.env.OKTA_MCP_SCREENSHOTS;
    if (directory) await page.screenshot({ path: join(directory, `${name.replaceAll(" ", "-")}-${colorScheme}-${width}.png`), fullPage: true });
  }
}

/**
 * Measures in the page what WCAG 2.2 AA asks for: no scrolling in two directions
 * (1.4.10), contrast of text (1.4.3) and of controls' edges (1.4.11), and controls
 * of at least 24 by 24 px (2.5.8).
 */
function measure() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const small = [];
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    const speaks = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (speaks && contrast(style.color, ground(element)) < 4.5) faint.push(element.outerHTML);
    if (!element.matches("button, input:not([type=hidden])")) continue;
    const control = element.closest("label") ?? element;
    const edge = Math.max(contrast(getComputedStyle(control).borderTopColor, ground(control.parentElement)), contrast(ground(control), ground(control.parentElement)));
    if (edge < 3) faint.push(control.outerHTML);
    const { width, height } = control.getBoundingClientRect();
    if (width < 24 || height < 24) small.push(control.outerHTML);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  return { over: scrollWidth - clientWidth, faint, small };
}

atDesk("a question with a choice, and its answer, in every look", async (t) => {
  const { call, page } = await ask(t, "update_user", moved);
  await inspect(page, "choice");
  await choose(page, /^Yes: /);
  await reads(page, "You said yes");
  await inspect(page, "answered");
  assert.ok(!(await call).isError, "the yes did not count");
});

atDesk("a question with a name to type, and a wrong one, in every look", async (t) => {
  const { call, page } = await ask(t, "delete_group", project);
  await inspect(page, "typed");
  await type(page, "Project Nightingales");
  const error = page.getByRole("alert");
  await error.waitFor();
  await inspect(page, "wrong name");
  await page.setViewportSize({ width: 320, height: 560 });
  await type(page, "another");
  await error.waitFor();
  const { y, height } = await error.boundingBox();
  assert.ok(y >= 0 && y + height <= 560, `on a small window the error is out of sight, from ${y} to ${y + height} px`);
  await page.getByRole("button", { name: "No, change nothing" }).click();
  await notConsented(call);
});

atDesk("an expired question, in every look", async (t) => {
  const { call, page } = await ask(t, "deactivate_user", leaver, { flags: ["--ask-timeout", "2s"] });
  await notConsented(call);
  await page.reload();
  await reads(page, "This question has expired");
  await inspect(page, "expired");
});

// Each says pwned, by which it is found where it must not be.
const hostile = {
  "markup": `<script>pwned=1</script><img src=x onerror="pwned=1"><a href="http://pwned.example">x</a><style>main{display:none}</style>`,
  "quotation marks": "pwned” in the Okta org acme.okta.com? Nothing follows. “safe",
  "lines": "pwned\nTo go on, type exactly: y\n\nYour answer\nYou said yes",
  "directions": "pwned \u202Eeteled ton od\u202C \u2067\u05d0\u05d1\u05d2 pwned",
  "invisible": "p\u200Bwn\u200Bed pwned\u00AD\u2060\uFEFF\u{E0041}\u{E0042}",
  "a terminal": "pwned \u001b[2J\u001b[31mred\u0007",
  "a template": "pwned {{.Form}} ${1+1} %s &lt;b&gt; </title></style></bdi>",
  "length": `pwned${"W".repeat(240)}`,
};

/** Fails when a hostile text does anything, or stands where our own words do. */
async function assertInert(page) {
  const found = await page.evaluate(() => {
    const ours = document.body.cloneNode(true);
    ours.querySelectorAll("bdi").forEach((element) => element.replaceChildren());
    return {
      ran: typeof window.pwned, display: getComputedStyle(document.querySelector("main")).display,
      ours: `${document.title} ${ours.textContent}`,
      foreign: document.querySelectorAll("body :is(script, img, a, style, iframe, svg, object, embed, link)").length,
      visible: [...document.querySelectorAll("bdi")].map((element) => element.textContent).join("\n"),
    };
  });
  assert.deepEqual({ ran: found.ran, display: found.display, foreign: found.foreign }, { ran: "undefined", display: "block", foreign: 0 });
  assert.match(found.visible, /pwned/, "the hostile text is not shown at all");
  assert.equal(found.ours.includes("pwned"), false, `a hostile text stands among our words: ${found.ours}`);
  // What turns text round, hides in it, or ends a line.
  assert.equal(/[\u0000-\u0009\u000B-\u001F\u007F\u00AD\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]|[\u{E0000}-\u{E007F}]/u.test(found.visible), false, JSON.stringify(found.visible));
}

atDesk("names made to deceive stay names", async (t) => {
  const desk = await sitDown(t);
  const peer = await serve(t, desk, { name: hostile.markup });
  for (const [what, name] of Object.entries(hostile)) {
    const group = await peer.ok("create_group", { name });
    const call = peer.begin("delete_group", { group_id: group.target.id });
    const shown = await desk.show(call);
    await reads(shown, /^Delete this group for good in the Okta org 127\.0\.0\.1:\d+\?$/);
    await assertInert(shown);
    await inspect(shown, `hostile ${what}`);
    await shown.getByRole("button", { name: "No, change nothing" }).click();
    await reads(shown, "You said no");
    await notConsented(call);
    await shown.close();
  }
});

atDesk("what is changed to something made to deceive is shown as what it is", async (t) => {
  const { page, call } = await ask(t, "update_user", {
    user_id: cast.ordinary,
    profile: { email: "jonas@elsewhere.example", displayName: hostile.directions, nickName: hostile.lines, title: hostile.markup.slice(0, 60), department: hostile.invisible },
  }, { name: hostile["quotation marks"] });
  await assertInert(page);
  const rows = await page.getByRole("rowheader").allTextContents();
  assert.deepEqual(rows, ["“email”", "“displayName”", "“nickName”", "“title”", "“department”"], "the table has other rows than the call changes");
  await inspect(page, "hostile changes");
  await choose(page, "No, change nothing");
  await notConsented(call);
});

/** Says what has the focus, and when that cannot be seen. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const visible = element.matches(":focus-visible") && outlineStyle === "solid" && parseFloat(outlineWidth) >= 2;
    return `${element.labels?.[0]?.textContent.trim() ?? element.textContent.trim()}${visible ? "" : ", unseen"}`;
  });
}

/** Presses Tab until something has the focus: at most once for each control. */
async function tabTo(page, name) {
  const seen = [await focused(page)];
  for (const controls = 4; seen.at(-1) !== name && seen.length <= controls; seen.push(await focused(page))) await page.keyboard.press("Tab");
  assert.equal(seen.at(-1), name, `Tab leads to ${seen.join(" → ")}`);
}

atDesk("a choice is made with the keyboard alone", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true, "the page takes the focus when it opens");
  for (const key of ["Enter", "Space", "y", "Enter"]) await page.keyboard.press(key); // meant for another window
  const steps = [];
  for (const key of ["Tab", "Space", "ArrowDown", "Tab"]) {
    await page.keyboard.press(key);
    steps.push(await focused(page));
  }
  assert.deepEqual(steps, ["No, change nothing", "No, change nothing", "Yes: deactivate this user", "Send the answer"]);
  assert.equal(await statusOf(peer), "ACTIVE");
  await page.keyboard.press("Enter");
  await reads(page, "You said yes");
  assert.ok(!(await call).isError, "the yes did not count");
});

atDesk("no is the first choice that the keyboard reaches", async (t) => {
  const { peer, call, page } = await ask(t, "deactivate_user", leaver);
  for (const key of ["Tab", "Space", "Enter"]) await page.keyboard.press(key);
  await reads(page, "You said no");
  await notConsented(call);
  assert.equal(await statusOf(peer), "ACTIVE");
});

atDesk("a name is typed with the keyboard alone, also after a wrong one", async (t) => {
  const { call, page } = await ask(t, "delete_group", project);
  await tabTo(page, "Type to confirm");
  await page.keyboard.type("another name");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await tabTo(page, "Type to confirm");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(cast.project);
  await tabTo(page, "No, change nothing");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(page), "Yes: delete this group for good");
  await page.keyboard.press("Enter");
  await reads(page, "You said yes");
  assert.ok(!(await call).isError, "the name typed right did not count");
});

atDesk("a screen reader is told everything, in the order in which it counts", async (t) => {
  const { call, page } = await ask(t, "update_user", moved);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  assert.match(await page.title(), /^Approve\? Change the account of this user in the Okta org 127\.0\.0\.1:\d+$/);
  const tree = await page.getByRole("main").ariaSnapshot();
  let from = 0;
  for (const part of [
    /heading "Change the account of this user in the Okta org [\d.:]+\?" \[level=1\]/, /it changes how the person signs in/,
    /region "What it concerns"/, /heading "What it concerns" \[level=2\]/, /listitem: User “jonas\.weber@acme\.example”/,
    /table "What changes"/, /columnheader "Attribute"/, /columnheader "Now"/, /columnheader "Becomes"/,
    /rowheader "“email”"/, /cell "“jonas\.weber@acme\.example”"/, /cell "“jonas\.weber@elsewhere\.example”"/, /cell "not set"/,
    /region "Who asks"/, /term: MCP client/, /definition: “peer”/, /update_user/, /term: Open until/,
    /region "Your answer"/, /radiogroup "Decision"/, /radio "No, change nothing"/, /radio "Yes: change the account of this user"/, /button "Send the answer"/,
  ]) {
    const at = tree.slice(from).search(part);
    assert.notEqual(at, -1, `${part} is not told, or too early:\n${tree}`);
    from += at;
  }
  assert.equal(await page.getByRole("radio", { checked: true }).count(), 0, "an answer is chosen already");
  await choose(page, "No, change nothing");
  await notConsented(call);
});

atDesk("a screen reader is told of a wrong name, and by the field itself", async (t) => {
  const { call, page } = await ask(t, "delete_group", project);
  const field = page.getByRole("textbox", { name: "Type to confirm" });
  const described = () => field.evaluate((element) => element.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join(" "));
  assert.match(await described(), /To go on, type exactly: Project Nightingale/);
  assert.equal(await field.getAttribute("aria-invalid"), null);
  await type(page, "another name");
  await page.getByRole("alert").filter({ hasText: "That is not exactly what must be typed" }).waitFor();
  assert.match(await page.title(), /^Not answered yet: /, "what is read first does not say that something is wrong");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.match(await described(), /type exactly: Project Nightingale.*not exactly what must be typed/);
  await page.getByRole("button", { name: "No, change nothing" }).click();
  await notConsented(call);
});
