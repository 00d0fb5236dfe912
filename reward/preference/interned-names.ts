/** Numbers for names, in the order in which they come. */
export class InternedNames {
  /** Names by their number. */
  readonly list: string[] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of a name; a new one where it is new. */
  indexOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.list.length);
    this.list.push(name);
    return this.list.length - 1;
  }
}
