export interface Sent {
  id: string;
  room: string;
  text: string;
  at: number;
}

export class Outbox {
  readonly waiting: Sent[] = [];
  #told = new Map<string, number>();
  constructor(readonly now: () => number) {}
  add(room: string, text: string): Sent | null {
    const made = { id: crypto.randomUUID(), room, text, at: this.now() };
    this.waiting.push(made);
    return made;
  }
  settle(keys: Iterable<string>): void {
    const set = new Set(keys);
    for (let i = this.waiting.length - 1; i >= 0; i--)
      if (set.has(this.waiting[i]!.id)) this.waiting.splice(i, 1);
  }
  due(now: number): Sent[] {
    return this.waiting.filter(({ id }) => {
      if (now - (this.#told.get(id) ?? -1e9) < 10_000) return false;
      this.#told.set(id, now);
      return true;
    });
  }
}
