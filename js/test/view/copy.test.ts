import { afterEach, expect, it, vi } from "vitest";
import { copyText } from "../../src/lib/view/copy";

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, "execCommand");
});

/** A browser whose copy command asks the page what to copy, as all do. */
function withCommand(works: boolean): Map<string, string> {
  const copied = new Map<string, string>();
  document.execCommand = () => {
    const event = new Event("copy", { cancelable: true });
    const clipboardData = { setData: (type: string, text: string) => copied.set(type, text) };
    if (works) dispatchEvent(Object.assign(event, { clipboardData }));
    return works;
  };
  return copied;
}

it("uses the clipboard where there is one", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  expect(await copyText("a\tb")).toBe(true);
  expect(writeText).toHaveBeenCalledWith("a\tb");
});

it.each([
  ["there is none", {}],
  ["it may not be used", { clipboard: { writeText: () => Promise.reject(new Error("denied")) } }],
])("has the browser copy where %s, and lets later copies be", async (_, navigator) => {
  vi.stubGlobal("navigator", navigator);
  const copied = withCommand(true);
  expect(await copyText("rows")).toBe(true);
  expect(copied.get("text/plain")).toBe("rows");
  copied.clear();
  document.execCommand("copy");
  expect(copied.size).toBe(0);
});

it("says when it could not", async () => {
  vi.stubGlobal("navigator", {});
  withCommand(false);
  expect(await copyText("rows")).toBe(false);
});
