import { describe, expect, it } from "vitest";
import { type Row, rateText, told } from "../../src/lib/text/tasks";

const row = (more: Partial<Row> = {}): Row => ({
  key: 0,
  depth: 0,
  done: 0,
  state: "running",
  runs: 1,
  ...more,
});
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const say = (more: Partial<Row>, since = 0, locale = "en") =>
  Object.fromEntries(
    Object.entries(told(row(more), since, locale)).map(([name, said]) => [
      name,
      typeof said === "string" ? plain(said) : said,
    ]),
  );

describe("how far it is", () => {
  it("is a share, a percentage and a count", () => {
    expect(say({ done: 1200, total: 5000 })).toMatchObject({
      share: 0.24,
      percent: "24%",
      count: "1,200 / 5,000",
      word: "",
    });
  });

  it("is 100 % only when it is whole", () => {
    expect(say({ done: 9999, total: 10_000 }).percent).toBe("99%");
    expect(say({ done: 29, total: 100 }).percent).toBe("29%"); // 0.29 × 100 is 28.999… in floats
    expect(say({ done: 10_000, total: 10_000 }).percent).toBe("100%");
  });

  it("is a count alone where nobody knows how many there will be", () => {
    expect(say({ done: 1200 })).toMatchObject({ share: null, percent: "", count: "1,200" });
  });

  it("does not lie when there are more than there should be", () => {
    expect(say({ done: 12, total: 10 })).toMatchObject({ share: null, percent: "", count: "12 / 10" });
    expect(say({ done: 12, total: 10, state: "failed" })).toMatchObject({ share: null, percent: "" });
    expect(say({ done: 12, total: 10, state: "done" }).share).toBe(1);
  });

  it("stays where it is when there are fewer", () => {
    expect(say({ done: 8, total: 10, state: "done" })).toMatchObject({ share: 0.8, count: "8 / 10" });
  });

  it("of nothing is empty until it is done", () => {
    expect(say({ total: 0 }).share).toBe(0);
    expect(say({ total: 0, state: "done" }).share).toBe(1);
  });

  it("has its unit; bytes are written as such", () => {
    expect(say({ done: 3, total: 9, unit: "files" }).count).toBe("3 / 9 files");
    expect(say({ done: 2 ** 20, total: 2 ** 21, unit: "B" }).count).toBe("1.0 MiB / 2.0 MiB");
  });
});

describe("how fast it is", () => {
  it.each([
    [240, "", "en", "240 it/s"],
    [0.3125, "", "en", "3.2 s/it"],
    [1 / 90, "", "en", "1 min 30 s/it"],
    [1234.5, "", "en", "1,230 it/s"],
    [2_345_678, "rows", "en", "2.35M rows/s"],
    [0, "", "en", "0 it/s"],
    [3 * 2 ** 20, "B", "en", "3.0 MiB/s"],
    [240, "", "ja", "240 件/秒"],
    [0.3125, "", "ja", "3.2 秒/件"],
    [1234.5, "", "de", "1.230 it/s"],
  ])("%d %s in %s: %s", (rate, unit, locale, text) => {
    expect(plain(rateText(rate, unit, locale))).toBe(text);
  });

  it("is not said before anything has come", () => {
    expect(say({}).rate).toBe("");
  });
});

describe("time", () => {
  it("counts on by itself while it runs, and what is left goes down", () => {
    expect(say({ elapsed: 10.2, remaining: 30 }, 5)).toMatchObject({
      elapsed: "15 s elapsed",
      left: "25 s left",
    });
  });

  it("stands still once it has ended", () => {
    expect(say({ state: "done", elapsed: 21.34 }, 500)).toMatchObject({
      elapsed: "took 21.3 s",
      left: "",
      word: "Done",
    });
    expect(say({ state: "stopped", elapsed: 0.25, remaining: 9 }, 1)).toMatchObject({
      elapsed: "took 250 ms",
      left: "",
    });
  });

  it.each([
    [125, "2 min 5 s left"],
    [121, "2 min 5 s left"],
    [59.2, "1 min left"],
    [12.1, "13 s left"],
    [0.2, "1 s left"],
    [-3, "1 s left"],
    [1900, "32 min left"],
    [5 * 3600 + 61, "5 h 2 min left"],
  ])("%d seconds are said no more exactly than they are known: %s", (remaining, text) => {
    expect(say({ remaining }).left).toBe(text);
  });

  it("is said in Japanese", () => {
    expect(say({ elapsed: 65, remaining: 125 }, 0, "ja")).toMatchObject({
      elapsed: "経過 1 分 5 秒",
      left: "残り 2 分 5 秒",
    });
  });

  it("is not said before it begins", () => {
    expect(say({ state: "waiting" })).toMatchObject({ elapsed: "", left: "", word: "" });
  });
});
