// What an indicator claims, as values: link, time passed → standing.

import { describe, expect, it } from "vitest";
import { type Link, REASON_SHOWN, standing } from "../../src/lib/view/standing";

const GRACE = 5;
const link = (state: Link["state"], more: Partial<Link> = {}): Link => ({
  state,
  attempts: 0,
  since_age: 0,
  label: "ws://host",
  ...more,
});
const at = (elapsed: number, given: Link) => standing(given, elapsed, GRACE, false);
const lost = link("reconnecting", { attempts: 3, retry_in: 8.2, reason: "refused", reason_age: 1 });

describe("a lost link", () => {
  it("raises no alarm within the grace, and gives no reason", () => {
    expect(at(GRACE, lost)).toEqual({
      state: "reconnecting",
      calm: true,
      attempt: 0,
      countdown: 0,
      reason: "",
    });
  });

  it("is an alarm after it, with the attempt, the seconds and the reason", () => {
    expect(at(5.1, lost)).toEqual({
      state: "reconnecting",
      calm: false,
      attempt: 3,
      countdown: 4,
      reason: "refused",
    });
  });

  it("counts the grace from when it was lost, not from when the page was told", () => {
    expect(at(0, { ...lost, since_age: 6 }).calm).toBe(false);
  });

  it("counts down to nothing, and not below", () => {
    const seconds = [6, 7.3, 8.19, 8.2, 60].map((elapsed) => at(elapsed, lost).countdown);
    expect(seconds).toEqual([3, 1, 1, 0, 0]);
  });

  it("has no countdown while an attempt is under way", () => {
    expect(at(6, link("reconnecting", { attempts: 3 })).countdown).toBe(0);
  });
});

describe("a connected link", () => {
  it("of which nothing can be read says so, and why, for as long as that is so", () => {
    const told = link("connected", { since_age: 60, reason: "no JSON", reason_age: 2, unreadable: true });
    const { state, calm, reason } = at(10 * REASON_SHOWN, told);
    expect([state, calm, reason]).toEqual(["unreadable", false, "no JSON"]);
  });

  const troubled = link("connected", { since_age: 60, reason: "no JSON", reason_age: 2 });

  it("tells an error that came since, for half a minute", () => {
    expect(at(0, troubled).reason).toBe("no JSON");
    expect(at(REASON_SHOWN - 2.1, troubled).reason).toBe("no JSON");
    expect(at(REASON_SHOWN - 2, troubled).reason).toBe("");
  });

  it("does not tell the error that it has recovered from", () => {
    expect(at(0, { ...troubled, since_age: 1 }).reason).toBe("");
  });

  it("has nothing to tell without an error", () => {
    expect(at(0, link("connected", { since_age: 60 })).reason).toBe("");
  });
});

describe("other states", () => {
  it.each(["disconnected", "error"] as const)("%s is no matter of patience", (state) => {
    expect(at(0, link(state)).calm).toBe(false);
  });

  it("a first attempt is calm, however long it takes", () => {
    expect(at(100, link("connecting", { reason: "old" }))).toMatchObject({ calm: true, reason: "" });
  });

  it("a link that is given up says why, at once", () => {
    expect(at(0, link("error", { reason: "401", reason_age: 0 })).reason).toBe("401");
  });

  it("one that was closed on purpose says no reason", () => {
    expect(at(0, link("disconnected", { reason: "old", reason_age: 1 })).reason).toBe("");
  });

  it("without the kernel nothing is known", () => {
    expect(standing(lost, 60, GRACE, true)).toMatchObject({ state: "kernel_gone", reason: "" });
  });

  it("before the first word it is loading", () => {
    expect(standing(null, 0, GRACE, false)).toMatchObject({ state: "loading", calm: true });
  });
});
