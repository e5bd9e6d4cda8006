// What the tests of the approval page ask about, and how they look at the org.

import assert from "node:assert/strict";

import { cast, text } from "./harness.mjs";

/** The arguments of a question with a choice, and of one with a name to type. */
export const leaver = { user_ids: [cast.ordinary] };
export const project = { group_id: cast.project };

export async function statusOf(peer, login = cast.ordinary) {
  return (await peer.ok("get_user", { user_id: login })).status;
}

export async function assertProjectStands(peer) {
  assert.equal((await peer.ok("get_group", project)).profile.name, cast.project, "the group was deleted without consent");
}

/** How often the leaver was deactivated, by the org's own log. */
export async function deactivations(peer) {
  const { items } = await peer.ok("get_logs", { since: "-1h", target: cast.ordinary, event_type: "user.lifecycle.deactivate" });
  return items.length;
}

/** Waits for a call that must end without consent, and returns what it says. */
export async function notConsented(call) {
  const result = await call;
  assert.equal(result._meta?.["okta-mcp/outcome"], "not_consented", `the call answered ${text(result)}`);
  return text(result);
}

/** Returns the logins of n people whom a search finds. */
export async function logins(peer, n, search = 'status eq "ACTIVE" and profile.department eq "Sales"') {
  const { items } = await peer.ok("list_users", { search, fields: ["profile.login"], limit: n });
  assert.equal(items.length, n, `the made-up org has only ${items.length} such people`);
  return items.map((user) => user.profile.login);
}

/** Says which of the people a page asks about. */
export async function aboutWhom(page, people) {
  const quoted = await page.locator("bdi").allTextContents();
  const named = people.filter((login) => quoted.includes(login));
  assert.equal(named.length, 1, `the page asks about ${JSON.stringify(named)}`);
  return named[0];
}
