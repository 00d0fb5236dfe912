/** One step of the schema. A released step never changes; a new version of the schema is a new step. */
export interface Migration {
  /** Its number, from 1 and without gaps. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
