import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Pictures } from "../../src/lib/chat/pictures";

let gone: string[];
let pictures: Pictures;

beforeEach(() => {
  gone = [];
  let count = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => `blob:${count++}`);
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => {
    gone.push(url);
  });
  pictures = new Pictures(100);
});
afterEach(() => vi.restoreAllMocks());

const blob = (size: number) => new Blob(["x".repeat(size)]);

it("keeps images, each once", () => {
  pictures.put("a", blob(40));
  pictures.put("a", blob(40));
  expect([pictures.of("a")!.url, pictures.of("b"), gone]).toEqual(["blob:0", undefined, []]);
});

it("lets go of the one that was looked at longest ago", () => {
  pictures.put("a", blob(40));
  pictures.put("b", blob(40));
  pictures.hold("a");
  pictures.release("a");
  pictures.put("c", blob(40));
  expect([gone, pictures.of("b")]).toEqual([["blob:1"], undefined]);
  expect(pictures.of("a")!.url).toBe("blob:0");
});

it("keeps those that somebody looks at, however many, until nobody does", () => {
  for (const key of ["a", "b"]) pictures.hold(key);
  pictures.hold("a");
  pictures.put("a", blob(80));
  pictures.put("b", blob(80));
  expect(gone).toEqual([]);
  pictures.release("a");
  expect([gone, pictures.held("a")]).toEqual([[], true]);
  pictures.release("a");
  expect([gone, pictures.held("a")]).toEqual([["blob:0"], false]);
});

it("keeps one that is larger than all that fits, as it has only just come", () => {
  pictures.put("a", blob(10));
  pictures.put("b", blob(200));
  expect([gone, pictures.of("b")!.url]).toEqual([["blob:0"], "blob:1"]);
});

it("counts what is dropped no more, and ends with nothing", () => {
  pictures.put("a", blob(90));
  pictures.drop("a");
  pictures.drop("a");
  pictures.put("b", blob(90));
  expect(gone).toEqual(["blob:0"]);
  pictures.hold("b");
  pictures.end();
  expect([gone, pictures.of("b")]).toEqual([["blob:0", "blob:1"], undefined]);
});
