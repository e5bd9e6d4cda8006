// Prints what tools/list costs each conversation: bytes of JSON, and tokens as
// GPT-4o's and GPT-4's tokenizers count them. Figures only; nothing is judged.

import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { binary, serveDemo } from "./harness.mjs";

async function listed(args) {
  const client = new Client({ name: "size", version: "1.0.0" });
  await client.connect(new StdioClientTransport({ command: binary(), args, stderr: "ignore" }));
  const { tools } = await client.listTools();
  await client.close();
  return tools;
}

function row(name, value) {
  const json = JSON.stringify(value);
  const figures = [Buffer.byteLength(json), o200k(json).length, cl100k(json).length];
  console.log(name.padEnd(32) + figures.map((n) => String(n).padStart(12)).join(""));
}

/** A tool without what models are not shown: its output schema and annotations. */
function shownToModels({ name, description, inputSchema }) {
  return { name, description, inputSchema };
}

console.log("".padEnd(32) + ["bytes", "o200k_base", "cl100k_base"].map((s) => s.padStart(12)).join(""));
for (const [which, args] of Object.entries({ default: ["serve", "--demo"], all: serveDemo })) {
  const tools = await listed(args);
  row(`${which}: ${tools.length} tools`, { tools });
  row(`${which}: as shown to models`, tools.map(shownToModels));
  if (which === "all") for (const tool of tools) row(tool.name, tool);
}
