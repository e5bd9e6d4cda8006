// server.json for the MCP registry, held against what the registry takes. Nothing
// here asks the registry.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import { shipped } from "./clients.mjs";

const entry = shipped("server.json");

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats.default(ajv);
const valid = ajv.compile(shipped("server.schema.json"));

test("the registry would take the entry", () => {
  assert.ok(valid(entry), JSON.stringify(valid.errors, null, 2));
});

test("its bundle is of the version that the entry is of, and at the repository that it names", () => {
  assert.ok(entry.packages.length > 0);
  for (const { version, identifier } of entry.packages) {
    assert.equal(version, entry.version);
    assert.ok(identifier.startsWith(`${entry.repository.url}/`) && identifier.includes(`/v${version}/`), identifier);
  }
  assert.equal(new URL(entry.repository.url).hostname, "example.com", "a file in the sources names a namespace that is somebody's");
});

test("it asks for what the bundle asks for", () => {
  const { user_config, server } = shipped("manifest.json");
  const asked = Object.entries(server.mcp_config.env).map(([name, value]) => {
    const { description, required, sensitive = false } = user_config[/^\$\{user_config\.(\w+)\}$/.exec(value)[1]];
    return { name, description, isRequired: required, isSecret: sensitive };
  });
  const byName = (a, b) => a.name.localeCompare(b.name);
  for (const { environmentVariables } of entry.packages) {
    const told = environmentVariables.map(({ name, description, isRequired, isSecret }) => ({ name, description, isRequired, isSecret }));
    assert.deepEqual(told.sort(byName), asked.sort(byName));
  }
});

// One member wrong at a time. The registry's own schema refuses each of them too.
for (const [what, spoil] of Object.entries({
  "no name": (e) => { delete e.name; },
  "a name without a namespace": (e) => { e.name = "okta-mcp"; },
  "a name with two slashes": (e) => { e.name += "/x"; },
  "a description of 101 characters": (e) => { e.description = "x".repeat(101); },
  "no version": (e) => { delete e.version; },
  "an address that is none": (e) => { e.websiteUrl = "example"; },
  "a repository without its hosting": (e) => { delete e.repository.source; },
  "a package of the latest version": (e) => { e.packages[0].version = "latest"; },
  "a package without a transport": (e) => { delete e.packages[0].transport; },
  "a transport that is none": (e) => { e.packages[0].transport.type = "carrier pigeon"; },
  "a hash that is none": (e) => { e.packages[0].fileSha256 = "0"; },
  "a variable without a name": (e) => { delete e.packages[0].environmentVariables[0].name; },
  "a variable of an unknown format": (e) => { e.packages[0].environmentVariables[0].format = "secret"; },
  "a requirement in words": (e) => { e.packages[0].environmentVariables[0].isRequired = "yes"; },
})) {
  test(`refused: ${what}`, () => {
    const spoilt = structuredClone(entry);
    spoil(spoilt);
    assert.ok(!valid(spoilt));
  });
}
