// Builds what the live page takes from npm: one file for each part, and what is in them.
// Run it by `make page`. An argument names another folder to write to.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = resolve(process.argv[2] ?? join(HERE, "../../../mcp_bridge/page/vendor"));
const PARTS = ["ui", "chart", "editor"];
const TARGET = "es2022";

/** The name of the package that a file of node_modules belongs to. */
function packageOf(input) {
  const [, path] = input.split("node_modules/");
  return path?.startsWith("@") ? path.split("/", 2).join("/") : path?.split("/", 1)[0];
}

async function bundle(part) {
  const built = await build({
    absWorkingDir: HERE,
    bundle: true,
    charset: "utf8",
    entryPoints: [`entries/${part}.js`],
    format: "esm",
    legalComments: "none",
    metafile: true,
    minify: true,
    target: TARGET,
    write: false,
  });
  const names = Object.keys(built.metafile.inputs).map(packageOf);
  return {
    content: built.outputFiles[0].contents,
    names: [...new Set(names)].filter(Boolean).sort(),
  };
}

async function describe(name) {
  const folder = join(HERE, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  if (!file) throw new Error(`${name} has no licence text`);
  return { version, licence: license, text: (await readFile(join(folder, file), "utf8")).trim() };
}

const files = new Map();
const manifest = { files: {}, packages: {} };
const used = new Set();
for (const part of PARTS) {
  const { content, names } = await bundle(part);
  files.set(`${part}.js`, content);
  for (const name of names) used.add(name);
  manifest.files[`${part}.js`] = { packages: names };
}
files.set("chart.css", await readFile(join(HERE, "node_modules/uplot/dist/uPlot.min.css")));
manifest.files["chart.css"] = { packages: ["uplot"] };
for (const [name, content] of files) {
  manifest.files[name].sha256 = createHash("sha256").update(content).digest("hex");
}

const licences = [];
for (const name of [...used].sort()) {
  const { text, ...facts } = await describe(name);
  manifest.packages[name] = facts;
  licences.push(`${name} ${facts.version} (${facts.licence})\n\n${text}\n`);
}
files.set("LICENCES.txt", `${licences.join(`\n${"-".repeat(80)}\n\n`)}`);
files.set("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
for (const [name, content] of files) await writeFile(join(OUT, name), content);
