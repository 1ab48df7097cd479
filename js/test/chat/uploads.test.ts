import { beforeEach, expect, it, vi } from "vitest";
import { type Chosen, MOST_FILES, PIECE, Uploads } from "../../src/lib/chat/uploads";
import { HandClock } from "../hand";

interface Told {
  room: string;
  id: string;
  name: string;
  size: number;
  at: number;
  data: string;
  text?: string;
}

let clock: HandClock;
let told: Told[];
let uploads: Uploads;

beforeEach(() => {
  clock = new HandClock();
  told = [];
  uploads = new Uploads(
    clock,
    (about) => told.push(about as Told),
    () => {},
  );
});

const content = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255);
const chosen = (id: string, size: number): Chosen => ({
  id,
  file: new File([content(size)], `${id}.bin`),
  type: "",
  width: 0,
  height: 0,
});
/** Waits for the next words, and lets the pause after them pass. */
async function hear(count: number): Promise<void> {
  while (told.length < count) {
    const { length } = told;
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(length), { interval: 1 });
    const upload = uploads.of(told.at(-1)!.id);
    if (upload) await vi.waitFor(() => expect(upload.told).toBeGreaterThan(told.at(-1)!.at), { interval: 1 });
    clock.run(30);
  }
}
/** Lets all that is under way go on as far as it can. */
async function rest(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((go) => setTimeout(go));
}

it("tells a file in pieces, in order, its text with the last", async () => {
  const size = 2 * PIECE + 5;
  expect(uploads.add("general", [chosen("a", size)], "look", 12)).toBe(true);
  await hear(3);
  expect(told.map(({ data, ...rest }) => rest)).toEqual([
    { room: "general", id: "a", name: "a.bin", size, at: 0 },
    { room: "general", id: "a", name: "a.bin", size, at: PIECE },
    { room: "general", id: "a", name: "a.bin", size, at: 2 * PIECE, text: "look" },
  ]);
  const bytes = told.flatMap(({ data }) => [...atob(data)].map((each) => each.charCodeAt(0)));
  expect(Uint8Array.from(bytes)).toEqual(content(size));
  const upload = uploads.of("a")!;
  expect([upload.told, upload.since, upload.at, upload.room]).toEqual([
    size,
    clock.now() - 30,
    12,
    "general",
  ]);
});

it("tells one after the other, a text with the first only", async () => {
  uploads.add("general", [chosen("a", PIECE + 1), chosen("b", 3)], "look", 0);
  uploads.add("lab", [chosen("c", 1)], "", 0);
  await hear(4);
  expect(told.map(({ room, id, text }) => [room, id, text])).toEqual([
    ["general", "a", undefined],
    ["general", "a", "look"],
    ["general", "b", ""],
    ["lab", "c", ""],
  ]);
});

it("leaves time between two pieces", async () => {
  uploads.add("general", [chosen("a", 2 * PIECE)], "", 0);
  await vi.waitFor(() => expect(uploads.of("a")!.told).toBe(PIECE), { interval: 1 });
  clock.run(29);
  await rest();
  expect(told.length).toBe(1);
  clock.run(1);
  await vi.waitFor(() => expect(told.length).toBe(2), { interval: 1 });
});

it("tells no more of what is removed", async () => {
  uploads.add("general", [chosen("a", 3 * PIECE), chosen("b", 1)], "", 0);
  await hear(1);
  expect(uploads.remove("a")!.chosen.id).toBe("a");
  expect(uploads.remove("a")).toBeUndefined();
  await hear(told.length + 1);
  expect(told.at(-1)!.id).toBe("b");
  expect(uploads.all.map((each) => each.chosen.id)).toEqual(["b"]);
});

it("tells nothing of what is removed while it is read", async () => {
  uploads.add("general", [chosen("a", 1), chosen("b", 1)], "", 0);
  uploads.remove("a");
  await hear(1);
  expect(told.map(({ id }) => id)).toEqual(["b"]);
});

it("begins anew with what does not arrive, ever later, and with nothing that has", async () => {
  uploads.add("general", [chosen("a", 1), chosen("b", 1)], "", 0);
  await hear(2);
  uploads.remove("b");
  told.length = 0;
  const pass = async (seconds: number) => {
    clock.run(1000 * seconds);
    uploads.tick(true);
    await rest();
    clock.run(30);
  };
  await pass(28);
  expect(told).toEqual([]);
  await pass(2);
  expect(told.map(({ id, at }) => [id, at])).toEqual([["a", 0]]);
  await pass(60);
  expect(told.length).toBe(1);
  await pass(30);
  expect(told.length).toBe(2);
});

it("waits while there is no kernel", async () => {
  uploads.tick(false);
  uploads.add("general", [chosen("a", 1)], "", 0);
  await rest();
  expect(told).toEqual([]);
  uploads.tick(true);
  await hear(1);
  clock.run(60_000);
  uploads.tick(false);
  await rest();
  expect(told.length).toBe(1);
});

it("says that a file cannot be read any more, goes on with others, and tries again when it is told to", async () => {
  const gone = chosen("a", 4);
  const slice = gone.file.slice.bind(gone.file);
  gone.file.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;
  uploads.add("general", [gone, chosen("b", 1)], "look", 0);
  await hear(1);
  expect([uploads.of("a")!.failed, told[0]!.id]).toEqual([true, "b"]);
  await rest();
  uploads.tick(true);
  await rest();
  expect(told.length).toBe(1);
  gone.file.slice = slice;
  uploads.retry("a");
  await hear(2);
  expect([uploads.of("a")!.failed, told[1]!.id, told[1]!.text]).toEqual([false, "a", "look"]);
});

it("refuses what it has no room for, all of it", () => {
  uploads.tick(false);
  const many = Array.from({ length: MOST_FILES - 1 }, (_, i) => chosen(`${i}`, 1));
  expect(uploads.add("general", many, "", 0)).toBe(true);
  expect(uploads.add("general", [chosen("x", 1), chosen("y", 1)], "", 0)).toBe(false);
  expect(uploads.all.length).toBe(MOST_FILES - 1);
});
