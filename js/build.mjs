// Bundles the two entries of the front end into realtime_widgets/static.
//
// `page.ts` is everything that draws and is loaded once per browser page; `widget.ts` is the few lines that
// every widget model carries as its `_esm`. Both are told the same build name, so that a page whose code is
// older than the kernel's can say so instead of drawing nonsense.

import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { context, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, process.env.RW_JS_SOURCE ?? "src");
const target = resolve(here, process.env.RW_JS_TARGET ?? "../realtime_widgets/static");

const BUDGET = {
  // anywidget copies and evaluates `_esm` once per model: 200 cards pay for it 200 times.
  "widget.js": 2_000,
  // Read once per page; uPlot alone is 51 kB, the rest leaves our own half no room for carelessness.
  "page.js": 130_000,
};

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

async function assertBudget() {
  for (const [name, limit] of Object.entries(BUDGET)) {
    const { size } = await stat(join(target, name));
    if (size > limit) {
      await rm(join(target, name));
      throw new Error(
        `${name} has ${size} bytes, its budget is ${limit}: take something out, or argue in build.mjs`,
      );
    }
    console.log(`${name}: ${size} of ${limit} bytes`);
  }
}

/** Style sheets become text, without the air. */
const cssAsText = {
  name: "css-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

async function bundle({ watch }) {
  const options = {
    entryPoints: { page: join(source, "page.ts"), widget: join(source, "widget.ts") },
    outdir: target,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: !watch,
    charset: "utf8",
    legalComments: "none",
    plugins: [cssAsText],
    // A watched build keeps one name: the name is for telling installations apart, not keystrokes.
    define: { __BUILD__: JSON.stringify(watch ? "watch" : await buildName()) },
    logLevel: "warning",
  };
  const build = await context(options);
  if (watch) {
    await build.watch();
    console.log(`watching ${relative(here, source)}; stop with Ctrl-C`);
    return;
  }
  try {
    await build.rebuild();
  } finally {
    await build.dispose();
  }
  await assertBudget();
}

try {
  await bundle({ watch: process.argv.includes("--watch") });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
