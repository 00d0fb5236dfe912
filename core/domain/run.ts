import type { RunState } from './run-state.js';
import type { ShadowScores } from './shadow.js';

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
  /** What the run is a function of, each by hash: config, rubric, corpus, prompts, base weights, engine build, CPU type. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Raised at every start; fences commands, never results. 0 until the first. */
  readonly epoch: number;
  readonly createdAtMs: number;
  /** Why the run is in its state, where there is something to say: the failure, who paused it and what to do next. */
  readonly reason?: string;
}

/** Where a rollback goes: the weights of an earlier policy version, or a rubric that was in force before. */
export type RollbackTarget = { readonly policyVersion: number } | { readonly rubricHash: string };

/**
 * Something that was asked of a run. It takes effect at the first iteration boundary that is not before `iteration`
 * (absent: the next one), in the order of the ledger.
 */
export type ControlEvent = { readonly iteration?: number } & (
  | { readonly kind: 'pause'; readonly reason?: string }
  | { readonly kind: 'resume' }
  | { readonly kind: 'cancel'; readonly reason?: string }
  | { readonly kind: 'swap_rubric'; readonly rubricHash: string }
  | { readonly kind: 'roll_back'; readonly to: RollbackTarget }
  | { readonly kind: 'shadow_rubric'; readonly rubricHash: string }
  /** Ends the shadow of this rubric and no other. */
  | { readonly kind: 'stop_shadow'; readonly rubricHash: string; readonly reason?: string }
);

/** A control event in its place. */
export interface RecordedControlEvent {
  /** From 1, without gaps, per run. */
  readonly sequence: number;
  readonly event: ControlEvent;
  /** The iteration that it took effect before; absent while it is pending. */
  readonly effectiveAt?: number;
}

/**
 * Something that happened to a run, for whoever watches it. Numbered from 1 without gaps per run, in the order in which
 * it became durable; written in the same commit as what it tells of.
 */
export interface RunEvent {
  readonly run: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly payload: RunEventPayload;
}

export type RunEventPayload =
  | { readonly kind: 'state_changed'; readonly state: RunState; readonly reason?: string }
  | { readonly kind: 'epoch_began'; readonly epoch: number }
  | { readonly kind: 'control_requested'; readonly control: RecordedControlEvent }
  | { readonly kind: 'control_took_effect'; readonly control: RecordedControlEvent }
  | {
      readonly kind: 'iteration_finished';
      readonly iteration: number;
      readonly policyVersion: number;
      readonly policyHash: string;
      readonly rubricHash: string;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | ({ readonly kind: 'shadow_scored'; readonly iteration: number } & ShadowScores)
  | { readonly kind: 'alarm'; readonly alarm: string; readonly message: string };
