// Deeds: what a reader did, until the kernel says the same; more of it, with the kernel, in notices.test.ts.

import { expect, it } from "vitest";
import { Deeds } from "../../src/lib/notices/deeds";
import type { Notice } from "../../src/lib/notices/notice";

const a = { key: "a", turn: 1, read: false, shown: true } as Notice;

it("lies over the arrival that was seen, and no later one", () => {
  const deeds = new Deeds();
  deeds.do("dismiss", [["a", 1]]);
  expect(deeds.over(a)).toMatchObject({ read: true, shown: false });
  expect(deeds.over({ ...a, turn: 2 })).toMatchObject({ read: false, shown: true });
});

it("is forgotten once the kernel says the same, or knows of a later arrival", () => {
  for (const item of [{ ...a, read: true }, { ...a, turn: 2 }, undefined]) {
    const deeds = new Deeds();
    deeds.do("read", [["a", 1]]);
    deeds.settle(new Map([["a", a]]));
    expect(deeds.unconfirmed(0)).toEqual([["read", [["a", 1]]]]);
    expect(deeds.unconfirmed(1)).toEqual([]);
    deeds.settle(new Map(item ? [["a", item]] : []));
    expect(deeds.unconfirmed(0)).toEqual([]);
  }
});

it("is another's from when it is copied", () => {
  const deeds = new Deeds();
  deeds.do("remove", [["a", 1]], "g");
  const copy = new Deeds(deeds);
  copy.drop("g");
  expect([deeds.over(a), copy.over(a)]).toEqual([null, { ...a }]);
});
