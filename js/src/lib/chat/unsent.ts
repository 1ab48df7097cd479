// Unsent: what waits in this page for the kernel, as the messages that it will be.

import type { Item } from "./item";
import type { Waiting } from "./outbox";
import type { Upload } from "./uploads";

/** Whose they are, and where. */
export interface Writer {
  me: { id: string; name: string };
  room: string;
  /** What is said of a file that cannot be read. */
  unreadable: string;
}

/** Returns texts and files as items, in the order in which they were written. */
export function unsentItems(texts: readonly Waiting[], files: readonly Upload[], writer: Writer): Item[] {
  return [
    ...texts.map(({ id, text, at }) => itemOf(id, text, at, writer)),
    ...files.map((each) => itemOfFile(each, writer)),
  ].sort((a, b) => a.ts - b.ts);
}

function itemOf(key: string, text: string, at: number, { me, room }: Writer): Item {
  return {
    key,
    room,
    place: Number.POSITIVE_INFINITY,
    kind: "message",
    type: "text",
    user: me.id,
    name: me.name,
    own: true,
    text,
    ts: at / 1000,
    state: "waiting",
  };
}

function itemOfFile({ chosen, text, at, failed }: Upload, writer: Writer): Item {
  const { id, file, type, width, height } = chosen;
  const { name, size } = file;
  return {
    ...itemOf(id, text, at, writer),
    type: type ? "image" : "file",
    file: { name, size, width, height, type: type || file.type },
    ...(failed && { state: "failed" as const, error: writer.unreadable }),
  };
}
