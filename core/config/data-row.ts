/** A value of a data file and where it stood, from 1: `place` says it in words, such as `line 3` or `row 3`. */
export interface DataRow<T> {
  readonly row: T;
  readonly number: number;
  readonly place: string;
}
