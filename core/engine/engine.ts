import type { FinishReason, SamplingSettings } from '../domain/trajectory.js';
import type { PolicyVersion } from '../domain/policy.js';

/** One prompt group to generate. All that the answer depends on is in here. */
export interface GenerateRequest {
  /** Must be the loaded policy, else `failed_precondition`. */
  readonly policyHash: string;
  readonly promptTokenIds: readonly number[];
  readonly samples: number;
  readonly sampling: SamplingSettings;
  readonly seed: number;
}

/** One answer, as token ids; decoding is the caller's. */
export interface GeneratedSequence {
  /** A stop token is included where one was sampled. [token] */
  readonly tokenIds: readonly number[];
  /** Under the sampling distribution (temperature applied). [token] */
  readonly logProbs: readonly number[];
  readonly finish: FinishReason;
}

/**
 * Text generation with token log-probabilities. Same policy, request and fingerprint, same answer, bit for bit,
 * where `deterministic` says so. An engine holds one policy at a time and owns its threads or connection.
 */
export interface Engine {
  /** Engine build and CPU type. */
  readonly fingerprint: string;
  readonly deterministic: boolean;
  /** Longest prompt plus answer, in tokens. */
  readonly contextLength: number;
  load(policy: PolicyVersion, signal?: AbortSignal): Promise<void>;
  generate(request: GenerateRequest, signal?: AbortSignal): Promise<readonly GeneratedSequence[]>;
  close(): Promise<void>;
}
