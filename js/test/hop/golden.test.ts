// The golden wire file: the same frames, the same states, as in Python.

import { describe, expect, it } from "vitest";
import recorded from "../../../tests/golden/wire.json";
import { Buckets } from "../../src/lib/draw/buckets";
import { Cursor } from "../../src/lib/hop/cursor";
import { decode } from "../../src/lib/hop/frames";
import { WIRE } from "../../src/lib/hop/wire";

interface Step {
  what: string;
  content: unknown;
  buffers: string[];
  meanings: string[];
  state: Record<string, unknown>;
  readout: Record<string, unknown>;
}

const golden = recorded as unknown as { wire: number; steps: Step[]; card: Step[] };

/** A buffer as a browser hands it over: a view somewhere in a larger one, at an odd offset. */
function misaligned(base64: string): DataView {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const whole = new Uint8Array(bytes.length + 8);
  whole.set(bytes, 5);
  return new DataView(whole.buffer, 5, bytes.length);
}

function stateOf(buckets: Buckets): Record<string, unknown> {
  const column = (name: "lo" | "hi" | "loAt" | "hiAt" | "flags") =>
    buckets.k.length
      ? buckets.series.map((series) => series[name].map((value) => (Number.isNaN(value) ? null : value)))
      : [];
  const ends = (which: 0 | 1) =>
    buckets.k.length
      ? buckets.series.map((series) =>
          buckets.k.map((k) => {
            const value = series.ends.get(k)?.[which] ?? Number.NaN;
            return Number.isNaN(value) ? null : value;
          }),
        )
      : [];
  return {
    series: buckets.names,
    layout: buckets.layout,
    axis: buckets.axis,
    start: buckets.start,
    newest: buckets.newest,
    last: buckets.last,
    lead: buckets.series.map(({ lead }) => lead),
    k: buckets.k,
    x: buckets.x,
    lo: column("lo"),
    hi: column("hi"),
    lo_at: column("loAt"),
    hi_at: column("hiAt"),
    open: ends(0),
    close: ends(1),
    flags: column("flags"),
  };
}

describe("the golden wire file", () => {
  it("is of our wire", () => {
    expect(golden.wire).toBe(WIRE);
    expect(golden.steps.length).toBeGreaterThan(8);
  });

  it.each(["steps", "card"] as const)("brings a page to the same states as in Python: %s", (life) => {
    const cursor = new Cursor();
    const buckets = new Buckets();
    for (const step of golden[life]) {
      const frame = decode(step.content, step.buffers.map(misaligned))!;
      const meanings = frame.parts.map((part) => {
        const meaning = cursor.offer(part);
        if (meaning === "replace") buckets.replace(part);
        else if (meaning === "append" && Object.keys(part.body).length) buckets.append(part);
        if (life === "card") expect(part.body, step.what).toMatchObject(step.readout);
        return meaning;
      });
      expect(meanings, step.what).toEqual(step.meanings);
      expect(stateOf(buckets), step.what).toEqual(step.state);
    }
  });

  it("has reports answered in its keepalive", () => {
    const keepalive = golden.steps.at(-1)!;
    expect(decode(keepalive.content)).toMatchObject({ parts: [], heard: { p1: 3 } });
  });
});

describe("what is not ours", () => {
  it.each([[null], [{}], [{ rw: 99, parts: [] }], [{ rw: 2 }], ["text"]])("is no frame: %j", (content) => {
    expect(decode(content)).toBeNull();
  });
});
