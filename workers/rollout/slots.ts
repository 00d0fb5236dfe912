/**
 * Things that come and go, by hundreds at a time, each in a place of its own that is used again. A Map or a Set makes itself
 * anew again and again under such use, and each table that it leaves behind keeps what it held, with all that hangs on it,
 * from the young generation's collector until the next full collection.
 */
export class Slots<Value> {
  private readonly values: (Value | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.values.length - this.free.length;
  }

  /** The place of the value, until it is cleared. */
  put(value: Value): number {
    const place = this.free.pop() ?? this.values.length;
    this.values[place] = value;
    return place;
  }

  at(place: number): Value | undefined {
    return this.values[place];
  }

  /** Of a place that is in use. */
  clear(place: number): void {
    this.values[place] = undefined;
    this.free.push(place);
  }

  /** In no order that means anything. */
  list(): Value[] {
    return this.values.filter((value) => value !== undefined);
  }
}
