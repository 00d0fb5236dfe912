import type { KlControllerState } from '../math/kl-controller.js';
import type { PolicyVersion } from './policy.js';

/** A model's weights, optimizer moments and step as the trainer saved them. */
export interface SavedModel {
  /** A folder that appeared whole or not at all. */
  readonly directory: string;
  readonly sha256: string;
  /** Optimizer steps that the model has had. */
  readonly step: number;
}

/**
 * Everything that a run needs to go on from an iteration boundary. Committed in one piece together with the journal
 * entry of the iteration before it: there is no state between two manifests.
 */
export interface CheckpointManifest {
  /** The iteration that comes next. */
  readonly iteration: number;
  readonly policyVersion: PolicyVersion;
  readonly rubricHash: string;
  /** The candidate that is scored beside it, where there is one. */
  readonly shadowRubricHash?: string;
  readonly klController: KlControllerState;
  /** The first iteration in which the policy may move. */
  readonly policyHeldUntil: number;
  /** Key of the run's random streams; every stream is a child of it by name and number, so nothing else is state. */
  readonly rngSeed: number;
  readonly policy: SavedModel;
  /** Absent where the estimator needs none. */
  readonly critic?: SavedModel;
}
