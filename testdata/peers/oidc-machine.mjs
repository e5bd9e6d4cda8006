// A machine with okta-mcp on it: a home of its own, the settings of one org, and
// the commands a person or a script would run there.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";

import { environment, binary } from "./harness.mjs";
import { nativeApp, serviceApp } from "./oidc-org.mjs";

export class Machine {
  constructor(t, clientID, more) {
    this.home = environment(t);
    this.clientID = clientID;
    this.more = more;
  }

  /** Points the machine at an org, and returns it. */
  at(org) {
    this.org = org;
    this.env = { ...this.home, ...org.settings(this.clientID, this.more) };
    return this;
  }

  /** Runs a command to its end: {code, stdout, stderr}. */
  run(...args) {
    return this.#start(args).ended;
  }

  /** Runs list_users, which must answer the logins given. */
  async lists(logins, ...args) {
    const { code, stdout, stderr } = await this.run("call", "list_users", ...args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).items.map(({ profile }) => profile.login), logins);
  }

  /** Runs list_users, which must fail for want of a sign-in; returns what it says. */
  async cannotSignIn(...args) {
    const { code, stdout, stderr } = await this.run("call", "list_users", ...args);
    assert.deepEqual({ code, stdout }, { code: 4, stdout: "" }, stderr);
    return stderr;
  }

  /** Begins okta-mcp login: {address, code} for the person, and ended as of run. */
  async login(...args) {
    const command = this.#start(["login", "--no-browser", ...args]);
    const [, address, code] = await command.says(/^Open +(\S+)\nEnter +(\S+)$/m);
    return { address, code, ended: command.ended };
  }

  #start(args) {
    const child = spawn(binary(), args, { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => { said.stdout += text; });
    child.stderr.setEncoding("utf8").on("data", (text) => { said.stderr += text; });
    const ended = new Promise((resolve) => { child.on("close", (code) => resolve({ code, ...said })); });
    const checked = ended.then((result) => {
      for (const secret of this.org.secrets()) {
        assert.ok(!`${result.stdout}${result.stderr}`.includes(secret), `okta-mcp ${args.join(" ")} shows a secret: ${secret.slice(0, 8)}…`);
      }
      return result;
    });
    const says = (pattern) => new Promise((resolve, reject) => {
      child.stdout.on("data", () => { if (pattern.test(said.stdout)) resolve(pattern.exec(said.stdout)); });
      ended.then(() => reject(new Error(`okta-mcp ${args.join(" ")} ended without saying ${pattern}:\n${said.stdout}${said.stderr}`)));
    });
    return { ended: checked, says };
  }
}

/** A machine without a person: a service app with a key of its own, whose public half is `jwk`. */
export function headless(t, { algorithm = "ES256" } = {}) {
  const machine = new Machine(t, serviceApp);
  const file = join(machine.home.HOME, `${algorithm}.pem`);
  const printed = execFileSync(binary(), ["keygen", "--alg", algorithm, "--out", file], { env: machine.home, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  machine.jwk = JSON.parse(printed);
  machine.more = { OKTA_PRIVATE_KEY_FILE: file, OKTA_KEY_ID: machine.jwk.kid };
  return machine;
}

/** A person's machine without a keyring. */
export function personal(t, more) {
  return new Machine(t, nativeApp, { OKTA_MCP_STORE_KEY: "a text for tests alone", OKTA_SCOPES: "okta.users.read okta.groups.read", ...more });
}
