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

type RawPart = Omit<Part, "columns"> & { cols: [string, TypeName, number][] };

/** Decodes a message, or returns null for one that is not a frame of our wire. */
export function decode(content: unknown, buffers: ArrayLike<DataView | ArrayBuffer> = []): Frame | null {
  const raw = content as { rw?: number; mid: number; t: number; parts: RawPart[]; heard?: Frame["heard"] };
  if (raw?.rw !== WIRE || !Array.isArray(raw.parts)) return null;
  // A copy: buffers come at any byte offset, and typed arrays want multiples of their size.
  const bytes = buffers[0] ? copyOf(buffers[0]) : new ArrayBuffer(0);
  let offset = 0;
  const parts = raw.parts.map(({ cols, ...part }) => {
    const columns: Part["columns"] = {};
    for (const [name, type, length] of cols) {
      const column = new TYPES[type](bytes, offset, length);
      columns[name] = column;
      offset += Math.ceil(column.byteLength / 8) * 8;
    }
    return { ...part, columns };
  });
  return { mid: raw.mid, t: raw.t, parts, heard: raw.heard ?? {} };
}

function copyOf(buffer: DataView | ArrayBuffer): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer.slice(0);
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;
}
