import { defineConfig, type Plugin } from "vitest/config";

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

export default defineConfig({
  plugins: [cssAsText],
  define: { __BUILD__: '"test"' },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    css: true,
    testTimeout: 60_000, // for what hangs: how long a machine takes that does other things, too, says nothing
    restoreMocks: true,
  },
});
