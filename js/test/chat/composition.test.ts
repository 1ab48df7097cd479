// The orders in which browsers tell of a conversion by an input method.

import { beforeEach, expect, it } from "vitest";
import { Composition } from "../../src/lib/chat/composition";
import { HandClock } from "../hand";

let clock: HandClock;
let field: HTMLTextAreaElement;
let composition: Composition;

beforeEach(() => {
  clock = new HandClock();
  field = document.createElement("textarea");
  composition = new Composition(field, clock, new AbortController().signal);
});

const fire = (type: string) => field.dispatchEvent(new Event(type));

function key(name: string, keyCode: number, isComposing = false): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key: name, isComposing });
  Object.defineProperty(event, "keyCode", { value: keyCode });
  return event;
}

const owns = (...given: Parameters<typeof key>) => composition.owns(key(...given));

it("owns the Enter of Chrome and Firefox, which comes before the end", () => {
  fire("compositionstart");
  expect(owns("Process", 229, true)).toBe(true);
  expect(owns("Enter", 229, true)).toBe(true);
  fire("compositionend");
  clock.run(1);
  expect(owns("Enter", 13)).toBe(false);
});

it("owns the Enter of Safari, which comes after the end", () => {
  fire("compositionstart");
  fire("compositionend");
  expect(owns("Enter", 229)).toBe(true);
  expect(composition.trails(key("Enter", 229))).toBe(false);
  clock.run(1);
  expect(owns("Enter", 229)).toBe(true); // however late it is
  expect(owns("Enter", 13)).toBe(false);
});

it("owns an ordinary Enter that comes at once after the end, and says so", () => {
  fire("compositionstart");
  fire("compositionend");
  expect(owns("Enter", 13)).toBe(true);
  expect(composition.trails(key("Enter", 13))).toBe(true);
});

it("owns keys that say nothing of it while it goes on", () => {
  fire("compositionstart");
  clock.run(10_000);
  expect(owns("Escape", 27)).toBe(true);
  expect(owns("Enter", 13)).toBe(true);
});

it("owns none before it, nor after the field was left in its midst", () => {
  expect(owns("Enter", 13)).toBe(false);
  fire("compositionstart");
  fire("blur");
  expect(owns("Enter", 13)).toBe(false);
});
