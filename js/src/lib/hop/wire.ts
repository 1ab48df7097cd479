// Wire: what both halves agree on, and what we use of the host.

/** Version of the wire; the same as `frames.WIRE` in Python. */
export const WIRE = 2;

/** What we use of the portable widget API (AFM): no host is named anywhere. */
export interface Model {
  // biome-ignore lint/suspicious/noExplicitAny: traits have their types in Python
  get(name: string): any;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
  send(content: unknown): void;
  /** The host's manager of models; what it is depends on the host. */
  readonly widget_manager?: unknown;
}
