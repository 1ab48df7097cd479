// Intl: formats of the reader's locale, made once.

// They cost more to make than a frame can spend on text: kept by locale and options, of which there are few.
const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

/** What was made for a key, or is made now. */
export function kept<T>(made: Map<string, T>, key: string, make: () => T): T {
  let found = made.get(key);
  if (found === undefined) {
    found = make();
    made.set(key, found);
  }
  return found;
}

/** A format of numbers; zero has no sign, also where it is rounded. */
export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const all = { signDisplay: "negative", ...options } as Intl.NumberFormatOptions;
  return kept(numbers, locale + JSON.stringify(options), () => new Intl.NumberFormat(locale, all));
}

/** A function from number to text. */
export function numberWriter(locale: string, options: Intl.NumberFormatOptions): (value: number) => string {
  const intl = numberFormat(locale, options);
  return (value) => withMinus(intl.format(value));
}

/** A format of dates, of the 24 hours of the day. */
export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const all = { hourCycle: "h23", ...options } as Intl.DateTimeFormatOptions;
  return kept(dates, locale + JSON.stringify(options), () => new Intl.DateTimeFormat(locale, all));
}

/** The one minus sign that numbers have: locales differ in it, and what stands beside each other should not. */
export function withMinus(text: string): string {
  return text.replaceAll("-", "−");
}

/** A text of which no line ends within: a number and its unit, say. */
export function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}
