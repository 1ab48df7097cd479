import { expect, it } from "vitest";
import { Outbox, type Waiting } from "../../src/lib/chat/outbox";

/** Storage as of one tab; it can be full, or forbidden. */
class Tab implements Storage {
  readonly kept = new Map<string, string>();
  room = Number.POSITIVE_INFINITY;
  forbidden = false;
  get length() {
    return this.kept.size;
  }
  clear = () => this.kept.clear();
  key = (place: number) => [...this.kept.keys()][place] ?? null;
  getItem(name: string) {
    this.#enter();
    return this.kept.get(name) ?? null;
  }
  removeItem(name: string) {
    this.#enter();
    this.kept.delete(name);
  }
  setItem(name: string, value: string) {
    this.#enter();
    if (value.length > this.room) throw new DOMException("full", "QuotaExceededError");
    this.kept.set(name, value);
  }
  #enter() {
    if (this.forbidden) throw new DOMException("forbidden", "SecurityError");
  }
}

const KEY = "chat";
const box = (storage: Storage | null = new Tab()) => new Outbox(storage, KEY, () => 1_700_000_000_000);
const texts = (waiting: readonly Waiting[]) => waiting.map(({ text }) => text);

it("keeps what was written, in its order, until the kernel has it", () => {
  const outbox = box();
  const [a, b] = [outbox.add("r", "a")!, outbox.add("s", "b")!];
  expect(a).toEqual({
    id: expect.stringMatching(/^[\da-f]{32}$/),
    room: "r",
    text: "a",
    at: 1_700_000_000_000,
  });
  expect(texts(outbox.waiting)).toEqual(["a", "b"]);
  outbox.settle(["others", a.id]);
  expect(texts(outbox.waiting)).toEqual(["b"]);
  outbox.settle(new Set([b.id]));
  expect(outbox.waiting).toEqual([]);
});

it("gives no id twice", () => {
  const outbox = box();
  const ids = Array.from({ length: 100 }, () => outbox.add("r", "a")!.id);
  expect(new Set(ids).size).toBe(100);
});

it("tells a message at once, then after 10 s, 20 s and so on up to 120 s", () => {
  const outbox = box();
  outbox.add("r", "a");
  const told: number[] = [];
  for (let now = 0; now <= 500; now++) if (outbox.due(1000 * now).length) told.push(now);
  expect(told).toEqual([0, 10, 30, 70, 150, 270, 390]);
});

it("tells each in its own time, and in order", () => {
  const outbox = box();
  outbox.add("r", "a");
  expect(texts(outbox.due(0))).toEqual(["a"]);
  outbox.add("r", "b");
  expect(texts(outbox.due(5_000))).toEqual(["b"]);
  expect(texts(outbox.due(9_999))).toEqual([]);
  expect(texts(outbox.due(15_000))).toEqual(["a", "b"]);
});

it("says when the next is to be told", () => {
  const outbox = box();
  expect(outbox.next).toBeNull();
  const { id } = outbox.add("r", "a")!;
  expect(outbox.next).toBe(Number.NEGATIVE_INFINITY);
  outbox.due(500);
  expect(outbox.next).toBe(10_500);
  outbox.settle([id]);
  expect(outbox.next).toBeNull();
});

it("outlives a reload, and tells all at once after it", () => {
  const tab = new Tab();
  const first = box(tab);
  const odd = "\ud800\0\u202e\n日本";
  const written = [first.add("r", "a")!, first.add("r/\0", odd)!];
  first.due(0);
  const second = box(tab);
  expect(second.waiting).toEqual(written);
  expect(second.due(1)).toEqual(written);
  second.settle([written[0]!.id]);
  expect(texts(box(tab).waiting)).toEqual([odd]);
  second.settle([written[1]!.id]);
  expect(tab.kept.size).toBe(0);
});

it.each(["", "null", "7", "{}", "[", "[1]", '[{"id":1}]', '[{"id":"a","room":"r","text":"t","at":null}]'])(
  "takes %j in the storage for nothing",
  (kept) => {
    const tab = new Tab();
    tab.kept.set(KEY, kept);
    const outbox = box(tab);
    expect(outbox.waiting).toEqual([]);
    expect(outbox.add("r", "a")).not.toBeNull();
    expect(texts(box(tab).waiting)).toEqual(["a"]);
  },
);

it("refuses more than 100 messages, and takes others when some have gone", () => {
  const outbox = box();
  const first = outbox.add("r", "0")!;
  for (let n = 1; n < 100; n++) expect(outbox.add("r", String(n))).not.toBeNull();
  expect(outbox.add("r", "more")).toBeNull();
  expect(outbox.waiting.length).toBe(100);
  outbox.settle([first.id]);
  expect(outbox.add("r", "more")).not.toBeNull();
});

it("refuses more than 200 kB, as UTF-8", () => {
  const outbox = box();
  expect(outbox.add("r", "a".repeat(199_000))).not.toBeNull();
  expect(outbox.add("r", "b".repeat(1_000))).toBeNull();
  expect(box().add("r", "あ".repeat(67_000))).toBeNull();
  expect(outbox.add("r", "c")).not.toBeNull();
});

it("takes of a storage no more than it has room for", () => {
  const tab = new Tab();
  const many = Array.from({ length: 300 }, (_, n) => ({ id: `${n}`, room: "r", text: "a", at: 1 }));
  tab.kept.set(KEY, JSON.stringify(many));
  expect(box(tab).waiting.length).toBe(100);
});

it("works without a storage, and with one that is forbidden", () => {
  const forbidden = new Tab();
  forbidden.forbidden = true;
  for (const storage of [null, forbidden]) {
    const outbox = box(storage);
    const { id } = outbox.add("r", "a")!;
    expect(texts(outbox.due(0))).toEqual(["a"]);
    outbox.settle([id]);
    expect(outbox.waiting).toEqual([]);
  }
});

it("leaves nothing old in a storage that is full", () => {
  const tab = new Tab();
  const outbox = box(tab);
  const { id } = outbox.add("r", "a")!;
  tab.room = 0;
  outbox.add("r", "b");
  outbox.settle([id]);
  expect(texts(outbox.waiting)).toEqual(["b"]);
  expect(box(tab).waiting).toEqual([]);
});
