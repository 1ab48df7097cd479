import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";
import front from "./package.json" with { type: "json" };

/** Style sheets are text, as in the bundle that esbuild makes. */
const cssAsText: Plugin = {
  name: "css-as-text",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!source.endsWith(".css")) return null;
    const found = await this.resolve(source, importer, { skipSelf: true });
    return found && `${found.id}?raw`;
  },
};

/** Packages that a library of ours is built without, as in the bundle. */
const alias = Object.fromEntries(
  Object.entries(front.standIns).map(([name, path]) => [name, fileURLToPath(new URL(path, import.meta.url))]),
);

export default defineConfig({
  plugins: [cssAsText],
  resolve: { alias },
  define: { __BUILD__: '"test"' },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    css: true,
    server: { deps: { inline: ["markdown-it"] } }, // what is not inlined takes its packages from node_modules
    testTimeout: 60_000, // for what hangs: how long a machine takes that does other things, too, says nothing
    restoreMocks: true,
  },
});
