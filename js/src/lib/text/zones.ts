// Zones: whose clocks are meant. A zone is an IANA name; the empty one is the reader's.

import { dateFormat, kept } from "./intl";

const known = new Map<string, string>();

/** A zone that this browser knows: the one asked for, or the reader's. */
export function zoneOf(wanted: string): string {
  return kept(known, wanted, () => {
    try {
      dateFormat("en", options(wanted));
      return wanted;
    } catch {
      return ""; // a name that only the kernel's computer has
    }
  });
}

/** What tells formats of dates which zone is meant. */
export function options(zone: string): Intl.DateTimeFormatOptions {
  return zone ? { timeZone: zone } : {};
}
