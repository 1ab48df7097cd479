// Format: numbers and times as text, in the reader's locale. Names and rules: realtime_widgets/feeds/formats.py.

export interface NumberFormat {
  name: "number" | "percentage" | "duration" | "bytes" | "compact";
  unit?: string;
  precision?: number;
}

export const MISSING = "—";

const PREFIXES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

// Intl objects cost more to make than a frame can spend on text: kept by locale and options, of which there are few.
const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();
const locales = new Map<string, string>();

function kept<T>(made: Map<string, T>, key: string, make: () => T): T {
  let found = made.get(key);
  if (!found) {
    found = make();
    made.set(key, found);
  }
  return found;
}

/** The reader's locale: the one asked for (`ja_JP` is fine), or the browser's where that is none. */
export function localeOf(wanted: string): string {
  return kept(locales, `${wanted} ${navigator.language}`, () => canonical(wanted));
}

function canonical(wanted: string): string {
  for (const tag of [wanted, navigator.language]) {
    try {
      return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0]!;
    } catch {} // not a language tag: the next may be
  }
  return "en";
}

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  return kept(numberFormats, key, () => new Intl.NumberFormat(locale, options));
}

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  return kept(dateFormats, key, () => new Intl.DateTimeFormat(locale, options));
}

/** A function from value to text; null, undefined and NaN are missing. */
export function formatter(
  format: NumberFormat,
  locale: string,
): (value: number | null | undefined) => string {
  const write = writer(format, locale);
  const unit = format.unit ? `${/^[/%°]/.test(format.unit) ? "" : " "}${format.unit}` : "";
  return (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
    return write(value) + unit;
  };
}

function writer({ name, precision }: NumberFormat, locale: string): (value: number) => string {
  const digits = (least: number, most: number): Intl.NumberFormatOptions => ({
    minimumFractionDigits: precision ?? least,
    maximumFractionDigits: precision ?? most,
  });
  switch (name) {
    case "percentage": {
      const intl = numberFormat(locale, { style: "percent", ...digits(1, 1) });
      return (value) => intl.format(value);
    }
    case "duration": {
      const intl = numberFormat(locale, digits(0, 0));
      return (value) => `${intl.format(value)} ms`;
    }
    case "compact": {
      const intl = numberFormat(locale, { notation: "compact", ...digits(0, 1) });
      return (value) => intl.format(value);
    }
    case "bytes": {
      const whole = numberFormat(locale, digits(0, 0));
      const scaled = numberFormat(locale, digits(1, 1));
      return (value) => {
        const power = Math.min(PREFIXES.length - 1, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10));
        return `${(power ? scaled : whole).format(value / 1024 ** power)} ${PREFIXES[power]}`;
      };
    }
    default: {
      const intl = numberFormat(locale, digits(0, 3));
      const small = numberFormat(locale, { maximumSignificantDigits: 3 });
      const tiny = numberFormat(locale, { notation: "scientific", maximumSignificantDigits: 3 });
      return (value) => {
        const size = Math.abs(value);
        if (precision !== undefined || size === 0 || size >= 0.1) return intl.format(value);
        return (size < 1e-4 ? tiny : small).format(value);
      };
    }
  }
}

/** Digits after the decimal point that tell multiples of a step apart: 2 for 0.25. */
function digitsOf(step: number): number {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const left = step * 10 ** digits;
  return Math.abs(left - Math.round(left)) > 1e-6 ? digits + 1 : digits;
}

/** Text for the ticks of an axis whose ticks are `step` apart: as many digits as tell them apart. */
export function tickFormatter(format: NumberFormat, locale: string, step: number): (value: number) => string {
  const scale = format.name === "percentage" ? 100 : 1;
  const digits = Math.min(12, digitsOf(step * scale));
  if (format.name === "bytes" || format.name === "compact") return formatter(format, locale);
  const write = formatter({ ...format, precision: digits }, locale);
  if (format.name === "number" && step > 0 && step < 1e-4) return formatter({ ...format }, locale);
  return write;
}

/** A whole number of any size, with all its digits. */
export function wholeText(value: bigint, locale: string): string {
  return numberFormat(locale, {}).format(value);
}

/** Whether a time is on the calendar; smaller ones are simulated clocks, shown as plain seconds. */
export function isCalendar(ts: number): boolean {
  return ts > 1e8;
}

/** A moment, down to the milliseconds when asked. */
export function timeText(ts: number, locale: string, fine: boolean): string {
  if (!isCalendar(ts)) return `${numberFormat(locale, { maximumFractionDigits: 3 }).format(ts)} s`;
  return dateFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...(fine ? { fractionalSecondDigits: 3 } : {}),
    hourCycle: "h23",
  } as Intl.DateTimeFormatOptions).format(ts * 1000);
}

/** A moment with its day, down to the milliseconds, for tooltips. */
export function momentText(ts: number, locale: string): string {
  if (!isCalendar(ts)) return timeText(ts, locale, true);
  return dateFormat(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  } as Intl.DateTimeFormatOptions).format(ts * 1000);
}

/** Text for the ticks of a time axis, `step` seconds apart. */
export function timeTicks(locale: string, step: number): (ts: number) => string {
  const options: Intl.DateTimeFormatOptions =
    step >= 86_400
      ? { month: "short", day: "numeric" }
      : step >= 60
        ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
        : { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const intl = dateFormat(locale, {
    ...options,
    ...(step < 1 ? { fractionalSecondDigits: step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3 } : {}),
  } as Intl.DateTimeFormatOptions);
  const plain = numberFormat(locale, { maximumFractionDigits: 3 });
  return (ts) => (isCalendar(ts) ? intl.format(ts * 1000) : plain.format(ts));
}

/** A length of time in whole seconds, minutes or hours. */
export function agoText(seconds: number, locale: string): string {
  const [value, unit] =
    seconds < 60 ? [seconds, "second"] : seconds < 3600 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return numberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay: locale.startsWith("ja") ? "short" : "narrow",
  } as Intl.NumberFormatOptions)
    .format(Math.floor(value as number))
    .trim();
}
