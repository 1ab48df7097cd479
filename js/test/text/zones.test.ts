import { expect, it } from "vitest";
import { options, zoneOf } from "../../src/lib/text/zones";

it("a zone that this browser does not know is the reader's", () => {
  expect([zoneOf("Asia/Tokyo"), zoneOf("Mars/Olympus"), zoneOf("")]).toEqual(["Asia/Tokyo", "", ""]);
});

it("the reader's own zone is left to the browser", () => {
  expect([options("UTC"), options("")]).toEqual([{ timeZone: "UTC" }, {}]);
});
