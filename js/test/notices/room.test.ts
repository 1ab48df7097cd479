// Room: what stands below a panel moves when the reader wants it to, or when nobody would mind.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Room } from "../../src/lib/notices/room";

const S = 1000;
let end: AbortController;
let room: Room;
let height: number;

const kept = () => room.root.style.getPropertyValue("--rw-room");
function draw(now: number, needed: number, wanted = false): void {
  height = needed;
  room.settle(now, wanted);
}

beforeEach(() => {
  end = new AbortController();
  room = new Room([document.createElement("ul")], end.signal);
  Object.defineProperty(room.root.firstElementChild, "offsetHeight", { get: () => height });
});
afterEach(() => end.abort());

it("grows at once, and stays when less is in it", () => {
  draw(0, 60);
  draw(1 * S, 200);
  expect(kept()).toBe("200px");
  draw(2 * S, 20);
  expect([kept(), room.isOver(3 * S)]).toEqual(["200px", false]);
});

it("is given back when the reader does something in the panel", () => {
  draw(0, 200);
  draw(1 * S, 20, true);
  expect(kept()).toBe("20px");
});

it("is given back when nothing has changed for a while, and the reader has done nothing anywhere", () => {
  draw(0, 200);
  draw(10 * S, 60);
  draw(25 * S, 20);
  expect(room.isOver(44 * S)).toBe(false);
  dispatchEvent(new Event("keydown"));
  expect(room.isOver(45 * S)).toBe(false); // somebody types
  expect(room.isOver(48 * S)).toBe(false);
  expect(room.isOver(49 * S)).toBe(true);
  draw(49 * S, 20);
  expect([kept(), room.isOver(99 * S)]).toEqual(["20px", false]);
});

it("is never over where there is none to give back", () => {
  draw(0, 60);
  expect(room.isOver(99 * S)).toBe(false);
});
