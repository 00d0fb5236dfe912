import type { PolicyVersion } from '../../domain/policy.js';
import type { SamplingSettings } from '../../domain/trajectory.js';

/** What a server says about itself. */
export interface ServerDescription {
  /** Server, build and model. */
  readonly fingerprint: string;
  /** Whether the server promises the same bits for the same request. */
  readonly deterministic: boolean;
  /** Longest prompt plus answer in tokens, where the server tells. */
  readonly contextLength?: number | undefined;
  /** Number of token ids, where the server tells. */
  readonly vocabSize?: number | undefined;
}

/** A policy under the name by which a server is to serve it. */
export interface NamedPolicy {
  readonly policy: PolicyVersion;
  /** A PEFT adapter beside the server's weights, or other weights in their place. */
  readonly kind: 'adapter' | 'weights';
  /** Version and beginning of the hash: `policy@v3-1f0c9a5be2d7`. */
  readonly name: string;
}

/** What is asked of a server: always everything, since each server has defaults of its own for what is left out. */
export interface SampleRequest {
  readonly promptTokenIds: readonly number[];
  readonly samples: number;
  readonly sampling: SamplingSettings;
  readonly seed: number;
}

/** One answer as a server gave it, unchecked. */
export interface ServedSample {
  /** [token] */
  readonly tokenIds: readonly number[];
  /** [token] */
  readonly logProbs: readonly number[];
  /** In the server's words: `stop`, `length`, `abort`, … */
  readonly finish: string;
}

/** Answers, with what the server says it computed them by. */
export interface ServedAnswers {
  readonly samples: readonly ServedSample[];
  /** False where another policy answered than was asked for. */
  readonly isOfPolicy: boolean;
}

/** One dialect of generation servers. Every method throws a `MajlisError`. */
export interface GenerationServer {
  describe(signal?: AbortSignal): Promise<ServerDescription>;
  /** A name that is taken by other weights is `data_loss`. */
  isServing(policy: NamedPolicy, signal?: AbortSignal): Promise<boolean>;
  serve(policy: NamedPolicy, signal?: AbortSignal): Promise<void>;
  /** Frees an adapter that is not needed any more. */
  forget(policy: NamedPolicy): Promise<void>;
  generate(request: SampleRequest, policy: NamedPolicy, signal?: AbortSignal): Promise<ServedAnswers>;
  /** Log-probability of the likeliest first token of an answer, as the server reports it at a temperature. */
  topLogProb(promptTokenIds: readonly number[], temperature: number, policy: NamedPolicy): Promise<number>;
}
