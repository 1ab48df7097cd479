// Coordinates: places along the axis of a chart in words.

import { formatter, wholeText } from "./format";
import { placeText } from "./places";

/** What coordinates mean. */
export interface Along {
  axis: "time" | "records" | "field";
  /** Of the field, or the sign for the number of a record. */
  name: string;
  /** What coordinates are counted from. */
  origin: bigint;
  /** Whose clocks times are shown by: an IANA name, or empty for the reader's. */
  zone: string;
  /** From where to where the view reaches: times are as fine as that. */
  span: [number, number];
}

export function coordinateText(
  at: number,
  { axis, name, origin, zone, span }: Along,
  locale: string,
): string {
  if (axis === "time") return placeText(at, span, locale, zone, Date.now() / 1000);
  const number = origin
    ? wholeText(origin + BigInt(Math.round(at)), locale)
    : formatter({ name: "number" }, locale)(axis === "records" ? Math.round(at) : at);
  return `${name} ${number}`;
}

/** What the coordinates are along a field that are counted from an origin; empty when from 0. */
export function countedText({ name, origin }: Along, locale: string): string {
  if (!origin) return "";
  const [sign, size] = origin < 0n ? ["+", -origin] : ["−", origin];
  return `${name} ${sign} ${wholeText(size, locale)}`;
}
