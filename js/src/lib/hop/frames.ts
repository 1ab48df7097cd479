// Frames: what the kernel sends, decoded. The twin of realtime_widgets/browser/frames.py; one golden file serves both.

import { WIRE } from "./wire";

export type Column = Float64Array | Int32Array | Uint8Array;

/** The numbers `first..last` of one feed, of records and of what moved; a key part stands alone, another continues `first - 1`. */
export interface Part {
  to: string;
  feed: string;
  first: number;
  last: number;
  key: boolean;
  body: Record<string, unknown>;
  columns: Record<string, Column>;
}

export interface Frame {
  mid: number;
  /** Kernel time, seconds since the epoch. */
  t: number;
  parts: Part[];
  /** Page id → number of its newest report that was heard. */
  heard: Record<string, number>;
}

const TYPES = { f8: Float64Array, i4: Int32Array, u1: Uint8Array };
type TypeName = keyof typeof TYPES;

const LEVELS = ["normal", "warning", "error"];
const ROW_BYTES = 32;
const RECORD_BYTES = 16;

type RawPart = Omit<Part, "columns"> & { cols: [string, TypeName, number][] };

/** Decodes a message, or returns null for one that is not a frame of our wire. */
export function decode(content: unknown, buffers: ArrayLike<DataView | ArrayBuffer> = []): Frame | null {
  const raw = content as {
    rw?: number;
    mid: number;
    t: number;
    parts: RawPart[];
    rows?: [prefix: string, base: number, count: number][];
    heard?: Frame["heard"];
  };
  if (raw?.rw !== WIRE || !Array.isArray(raw.parts)) return null;
  // A copy: buffers come at any byte offset, and typed arrays want multiples of their size.
  const bytes = buffers[0] ? copyOf(buffers[0]) : new ArrayBuffer(0);
  let offset = 0;
  const parts: Part[] = raw.parts.map(({ cols, ...part }) => {
    const columns: Part["columns"] = {};
    for (const [name, type, length] of cols) {
      const column = new TYPES[type](bytes, offset, length);
      columns[name] = column;
      offset += Math.ceil(column.byteLength / 8) * 8;
    }
    return { ...part, columns };
  });
  for (const [prefix, base, count] of raw.rows ?? []) {
    const view = new DataView(bytes);
    for (let i = 0; i < count; i++) {
      const part = readRow(view, offset, prefix, base);
      parts.push(part);
      offset += ROW_BYTES + RECORD_BYTES * part.columns.ts!.length;
    }
  }
  return { mid: raw.mid, t: raw.t, parts, heard: raw.heard ?? {} };
}

/** A readout that is numbers only, as the part that says the same. */
function readRow(view: DataView, at: number, prefix: string, base: number): Part {
  const last = base + view.getUint32(at + 4, true);
  const count = view.getUint16(at + 14, true);
  const ts = new Float64Array(count);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const record = at + ROW_BYTES + RECORD_BYTES * i;
    ts[i] = view.getFloat64(record, true);
    values[i] = view.getFloat64(record + 8, true);
  }
  const value = values[count - 1];
  const delta = view.getFloat64(at + 24, true);
  const body = {
    newest: ts[count - 1],
    age: view.getFloat32(at + 16, true),
    last: [value],
    value,
    level: LEVELS[view.getUint8(at + 13)],
    ...(Number.isNaN(delta) ? {} : { delta, span: view.getFloat32(at + 20, true) }),
  };
  const to = `${prefix}-${view.getUint32(at, true)}`;
  return {
    to,
    feed: "0",
    first: last - view.getUint32(at + 8, true) + 1,
    last,
    key: false,
    body,
    columns: { ts, values },
  };
}

function copyOf(buffer: DataView | ArrayBuffer): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer.slice(0);
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;
}
