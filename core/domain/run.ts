export type RunState = 'running' | 'completed' | 'failed' | 'cancelled';

/** A run as the ledger knows it. */
export interface Run {
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  readonly seed: number;
  /** sha256 of the compiled configuration. */
  readonly configHash: string;
  /** The compiled configuration, as canonical JSON. */
  readonly config: string;
  /** Raised at every start; fences commands, never results. */
  readonly epoch: number;
  readonly createdAtMs: number;
  readonly failure?: string;
}

/** Something that a person asked of a run; it takes effect at an iteration boundary, in order. */
export type ControlEvent =
  | { readonly kind: 'swap_rubric'; readonly rubricHash: string; readonly iteration: number }
  | { readonly kind: 'cancel'; readonly iteration: number };
