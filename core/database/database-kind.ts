/** What a database file is to people: its messages speak of it in these words. */
export interface DatabaseKind {
  /** For example `ledger`. */
  readonly noun: string;
  /** Who holds such a file open, for example `run`. */
  readonly owner: string;
}

/** A file of that kind, under the name that messages call it by. */
export interface DatabaseFile {
  readonly kind: DatabaseKind;
  readonly name: string;
}
