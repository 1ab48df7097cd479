// Bundles the front end into realtime_widgets/static.
//
// `widget.js` is the few lines that every widget model carries as its `_esm`; `page.js` is what all widgets share, loaded
// once per browser page; `chart.js`, `metric.js` … are the code of one kind of widget each, which the kernel sends when it
// has one. All are told the same build name, so that a page whose code is older than the kernel's can say so instead of
// drawing nonsense.

import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { context, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, process.env.RW_JS_SOURCE ?? "src");
const target = resolve(here, process.env.RW_JS_TARGET ?? "../realtime_widgets/static");

const KINDS = ["chart", "metric", "events", "connection", "dashboard", "notifications", "progress", "chat"];

/** Bytes of each set of files, each compressed with gzip as servers send it. */
const BUDGETS = [
  // anywidget copies and evaluates `_esm` once per model: 200 cards pay for it 200 times.
  [["widget.js"], 1_100],
  // A third of it is the style sheet of all kinds. A kilobyte and a half speak to those who listen, take the system's colours, and
  // bind the sheet to its build; as much says what is true when data pause, kernels end or code fails, and looks at what is seen.
  // Numbers, durations and moments as every reader writes them, also where there is little room, are 4 kB; a quarter of one finds
  // what scrolls, for margins of the screen mean nothing in JupyterLab. Half of one are layers over the page, which charts and
  // cards share, and a quarter the prefixes of physical units and the names of currencies. Six hundred bytes are what more than one
  // kind looks with, copies with and checks links with.
  [["page.js"], 25_000],
  // uPlot alone is 22 kB; ticks that suit any data and zone are 4 kB, what can be read at a place, by keys and as a table 8.
  // Thresholds are 1 kB: their lines and bands, a range that reaches to them, and labels that do not lie on each other.
  [["chart.js"], 42_100],
  // A kilobyte and a half is its style sheet, half of one what its number is made of and compared with, in words, as much the help,
  // which is read by pointing, by the focus, by a tap and by those who listen, and as much why the card has its level.
  [["metric.js"], 7_900],
  // A fifth are words and styles that only a log needs. What is open, what is looked for, and the way back to all that the
  // kernel keeps, with some hundred lines in the page, are 5 kB; a third of one lets lines that come faster than anybody reads say
  // something else in place of being made, and a tenth keeps it where it is while text is selected.
  [["events.js"], 13_800],
  [["connection.js"], 2_000],
  [["dashboard.js"], 800],
  // A third are the words and the styles, a third what a reader has seen and done, which the kernel may hear of late, more than
  // once, after what was said later, or after other pages, and which shows also in a picture that is paused. Chips, a line for what
  // is older, and the room that is kept, so that nothing below moves, are a third of a kilobyte.
  [["notifications.js"], 10_000],
  // A third of it is its style sheet; its words in two languages are half a kilobyte.
  [["progress.js"], 4_000],
  // Half of it reads and draws the Markdown of messages. The other half: a third are the styles and the words in two languages; what was
  // said, by whom, in which order, and how far back it is here, is a quarter; some hundred rows of it in the page, which stay where
  // they are while others come and go, another; the rest is the input, and what waits in it for the kernel. Six kilobytes are images and
  // files: sent and fetched in pieces, kept within bounds, shown, looked at large and saved, with their styles and words; half of one is
  // those at other hosts, where they are allowed: some of a message, and none of the reader's own network, which has many names.
  [["chat.js"], 53_100],
  // What the first chart of a page waits for.
  [["page.js", "chart.js"], 66_900],
];

async function filesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Twelve hex digits over the names and contents of what is bundled: tests do not ship, so they do not count. */
async function buildName() {
  const files = (await filesUnder(source)).filter((file) => !file.endsWith(".test.ts"));
  const hash = createHash("sha256");
  for (const file of [...files, join(here, "package.json")].sort()) {
    hash.update(`${relative(here, file).split(sep).join("/")}\0`);
    hash.update(await readFile(file));
    hash.update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}

async function assertBudgets() {
  for (const [names, limit] of BUDGETS) {
    const texts = await Promise.all(names.map((name) => readFile(join(target, name))));
    const size = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    const what = names.join(" + ");
    if (size > limit) {
      for (const name of names) await rm(join(target, name));
      throw new Error(
        `${what}: ${size} bytes in gzip, the budget is ${limit}: take something out, or argue in build.mjs`,
      );
    }
    console.log(`${what}: ${size} of ${limit} bytes in gzip`);
  }
}

/** No module may be in two files: its state would be there twice. (The stub is alone before there is a page.) */
function assertOnce(metafiles) {
  const seen = new Map();
  for (const [name, { inputs }] of metafiles.flatMap(({ outputs }) => Object.entries(outputs))) {
    if (name.endsWith("/widget.js")) continue;
    for (const input of Object.keys(inputs)) {
      if (input.startsWith("core:")) continue;
      if (seen.has(input))
        throw new Error(`${input} is in ${seen.get(input)} and in ${name}: name it in core.ts`);
      seen.set(input, name);
    }
  }
}

/** The rules of a sheet for the elements that carry the build's name: two builds in one page do not restyle each other. */
function ofBuild(css, build) {
  const frames = css.match(/^@keyframes [\s\S]*?^\}/gm) ?? []; // they stand in no rule
  const rules = frames.reduce((text, each) => text.replace(each, ""), css);
  const names = frames.map((text) => /^@keyframes ([\w-]+)/.exec(text)[1]);
  const sheet = `[data-rw-build="${build}"] {\n${rules}\n}\n${frames.join("\n")}`;
  return names.reduce((text, name) => text.replaceAll(name, `${name}-${build}`), sheet);
}

/** Style sheets become text, without the air. */
const cssAsText = (build) => ({
  name: "css-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = ofBuild(await readFile(path, "utf8"), build);
      const { code } = await transform(sheet, { loader: "css", minify: true, sourcefile: path });
      return { contents: code.trim(), loader: "text" };
    });
  },
});

/** In the code of a kind, imports of what is in core.ts become look-ups in the slot that page.js has filled. */
async function coreFromSlot(build) {
  const read = (name) => readFile(join(source, name), "utf8");
  const names = [...(await read("core.ts")).matchAll(/from "\.\/lib\/([^"]+)"/g)].map(([, name]) => name);
  const core = new Map(names.map((name) => [join(source, "lib", name), name]));
  const [, wire] = /WIRE = (\d+)/.exec(await read("lib/hop/wire.ts"));
  const slot = `globalThis[Symbol.for("realtime_widgets/${wire}/${build}")]`;
  const exported = /^export (?:abstract |async )*(?:class|function|const) (\w+)/gm;
  return {
    name: "core-from-slot",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(\.|core$)/ }, ({ path, resolveDir }) => {
        const name = path === "core" ? path : core.get(resolve(resolveDir, path));
        return name && { path: name, namespace: "core" };
      });
      onLoad({ filter: /.*/, namespace: "core" }, async ({ path }) => {
        if (path === "core") return { contents: `export const { core } = ${slot};` };
        const found = [...(await read(`lib/${path}.ts`)).matchAll(exported)].map(([, name]) => name);
        return { contents: `import { core } from "core"; export const { ${found} } = core["${path}"];` };
      });
    },
  };
}

async function bundle({ watch }) {
  // A watched build keeps one name: the name is for telling installations apart, not keystrokes.
  const build = watch ? "watch" : await buildName();
  const { standIns } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
  const alias = Object.fromEntries(Object.entries(standIns).map(([name, path]) => [name, join(here, path)]));
  const options = {
    alias,
    outdir: target,
    bundle: true,
    metafile: true,
    target: "es2022",
    minify: !watch,
    charset: "utf8",
    legalComments: "none",
    define: { __BUILD__: JSON.stringify(build) },
    logLevel: "warning",
  };
  const entries = (names) => names.map((name) => join(source, `${name}.ts`));
  const builds = await Promise.all([
    context({
      ...options,
      entryPoints: entries(["page", "widget"]),
      format: "esm",
      plugins: [cssAsText(build)],
    }),
    context({
      ...options,
      entryPoints: entries(KINDS),
      format: "iife",
      plugins: [cssAsText(build), await coreFromSlot(build)],
    }),
  ]);
  if (watch) {
    await Promise.all(builds.map((each) => each.watch()));
    console.log(`watching ${relative(here, source)}; stop with Ctrl-C`);
    return;
  }
  try {
    const results = await Promise.all(builds.map((each) => each.rebuild()));
    assertOnce(results.map(({ metafile }) => metafile));
  } finally {
    await Promise.all(builds.map((each) => each.dispose()));
  }
  await assertBudgets();
}

try {
  await bundle({ watch: process.argv.includes("--watch") });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
