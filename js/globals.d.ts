/** The name of this build, the same in page.js and widget.js; put in by build.mjs. */
declare const __BUILD__: string;

/** Style sheets are bundled as text. */
declare module "*.css" {
  const text: string;
  export default text;
}

/** Vite's: the files that match, here as text. Only tests use it. */
interface ImportMeta {
  glob(pattern: string, options: { query: "?raw"; import: "default"; eager: true }): Record<string, string>;
}

declare module "*.css?raw" {
  const text: string;
  export default text;
}
