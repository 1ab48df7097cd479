// Reasons: why a card has its level, in words: what its value has reached, or for how long data have not come.

import { windowText } from "./durations";
import { type Tables, vocabulary } from "./words";

/** What the kernel says of the gravest alert that is raised. */
export interface Reason {
  kind: "above" | "below" | "outside" | "inside" | "absence";
  /** Which values reach it, with places for the bounds. */
  text?: string;
  bounds?: number[];
  /** Seconds for which that has to be so. */
  for: number;
  name: string;
}

export const TABLES: Tables<"held" | "absent"> = {
  en: { held: "{0} for {1}", absent: "no data for {0}" },
  ja: { held: "{0}（{1}間継続）", absent: "{0}間データなし" },
};

const say = vocabulary(TABLES);

export function reasonText(reason: Reason, write: (value: number) => string, locale: string): string {
  const { kind, text = "", bounds = [], for: seconds, name } = reason;
  const long = windowText(seconds, locale);
  const reached = text.replace(/\{(\d)\}/g, (_, place) => write(bounds[place]!));
  const why =
    kind === "absence" ? say(locale)("absent", long) : seconds ? say(locale)("held", reached, long) : reached;
  return name ? `${name} ${why}` : why;
}
