/** A process that `majlis up` started and that listens. */
export interface Service {
  /** As it stands before its lines: `trainer`. */
  readonly name: string;
  /** Settles with its exit status when it has ended, null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end and waits for that. */
  stop(): Promise<void>;
}

/** Told each line that a process writes. */
export type LineListener = (line: string) => void;
