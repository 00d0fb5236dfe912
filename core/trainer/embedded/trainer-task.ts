import type { Feeds } from '../../network/session/inference-session.js';
import type { AdamOutcome, AdamSettings } from './adam.js';
import type { GraphSpec } from './graph-spec.js';

/** Float32 memory that all threads see. */
export type SharedFloats = SharedArrayBuffer;

/** Weights as a task names them: a thread copies them once per stamp, since native runs cannot read shared memory. */
export interface WeightsHandle {
  readonly key: string;
  /** Raised whenever the weights change. */
  readonly stamp: number;
  /** Flat, in the order of `gptParameters`. */
  readonly values: SharedFloats;
}

/** One piece of work for a thread. */
export type TrainerTask =
  | {
      readonly kind: 'run';
      readonly spec: GraphSpec;
      /** The model's weights, and those of the second model where the graph has one. */
      readonly models: readonly WeightsHandle[];
      readonly feeds: Feeds;
      /** Where a loss graph's gradient goes, flat. */
      readonly gradient?: SharedFloats;
    }
  | {
      readonly kind: 'accumulate';
      readonly total: SharedFloats;
      /** Added in this order. */
      readonly parts: readonly SharedFloats[];
    }
  | {
      readonly kind: 'adam';
      readonly weights: SharedFloats;
      readonly gradient: SharedFloats;
      readonly mean: SharedFloats;
      readonly variance: SharedFloats;
      readonly settings: AdamSettings;
    };

export type TrainerTaskResult =
  /** Outputs by name, without the gradients. */
  | { readonly kind: 'run'; readonly outputs: Record<string, Float32Array> }
  | { readonly kind: 'accumulate' }
  | { readonly kind: 'adam'; readonly outcome: AdamOutcome };
