/**
 * What a rollout worker and the coordinator tell each other beside the work itself, which travels on the bus. A session
 * carries nothing that a task depends on: losing it costs news, never an answer.
 */
import type { PolicyVersion } from './policy.js';

/**
 * A worker goes through these in order; FAILED ends it from anywhere.
 *
 *   INITIALIZED  started, has taken nothing yet
 *   RUNNING      takes tasks
 *   DRAINING     takes no more; finishes or hands back what it holds
 *   DRAINED      holds nothing and has ended
 *   FAILED       ended by an error
 */
export type WorkerState = 'INITIALIZED' | 'RUNNING' | 'DRAINING' | 'DRAINED' | 'FAILED';

/** The header of a result that names the worker that published it, under its seal: for blame, never for admission. */
export const WORKER_HEADER = 'Majlis-Worker';

/** How a worker presents itself. */
export interface WorkerHello {
  /** Kept for the worker's life. */
  readonly worker: string;
  /** Whose tasks it takes. */
  readonly pool: string;
  /** Engine build and CPU type. */
  readonly engineFingerprint: string;
  readonly deterministic: boolean;
  /** Longest prompt plus answer, in tokens; absent where it is the loaded policy's. */
  readonly contextLength?: number;
  /** Tasks that it runs side by side. */
  readonly slots: number;
  /** Absent where each policy brings its own tokenizer. */
  readonly tokenizerHash?: string;
  /** Of the loaded policy; absent while there is none. */
  readonly policyHash?: string;
  /** sha256 of what it seals its results with; one without a seal is blamed by its name. */
  readonly sealDigest?: string;
}

/** A task in work. */
export interface HeldTask {
  readonly taskId: string;
  /** How long it has been in work, in milliseconds. */
  readonly heldMs: number;
}

/** How a worker is. */
export interface WorkerHeartbeat {
  readonly state: WorkerState;
  readonly held: readonly HeldTask[];
  readonly policyHash?: string;
  /** That it sampled, over the last minute; absent while that is not known. */
  readonly tokensPerSecond?: number;
}

/** What a worker is told when its session begins. */
export interface WorkerWelcome {
  /** Of the fleet: higher with every start of a coordinator. */
  readonly epoch: number;
  readonly heartbeatIntervalMs: number;
  /** Port at which the coordinator's host serves artifacts over HTTP. */
  readonly artifactsPort?: number;
}

/** A policy that tasks will name. */
export interface PolicyAnnouncement {
  readonly run: string;
  readonly policy: PolicyVersion;
  /** Of the directory's manifest in the artifact store; absent where it is not in there. */
  readonly contentKey?: string;
  /** Tasks of that run whose policy is older are handed back unanswered. */
  readonly oldestVersion: number;
}

/** What a worker is told to do. */
export type WorkerDirective =
  | ({ readonly kind: 'load_policy' } & PolicyAnnouncement)
  | { readonly kind: 'drain'; readonly reason: string }
  | { readonly kind: 'pause'; readonly reason: string }
  | { readonly kind: 'resume' };

/** A worker as the coordinator knows it. */
export interface WorkerStatus extends Pick<WorkerHello, 'worker' | 'pool' | 'slots' | 'engineFingerprint'> {
  readonly state: WorkerState;
  readonly held: readonly HeldTask[];
  readonly policyHash?: string;
  /** That it sampled, over the last minute before its last heartbeat; absent while that is not known. */
  readonly tokensPerSecond?: number;
  /** Whether it holds the policy that the run samples from now. */
  readonly isReady: boolean;
  readonly attachedAtMs: number;
  /** 0 for the first to remove. */
  readonly removalRank: number;
  /** For Kubernetes' pod deletion cost: 0 where nothing is in flight. */
  readonly removalCost: number;
  /** Why it takes no tasks, where it was told not to. */
  readonly heldBack?: string;
  readonly refusedResults: number;
}

/** The fleet at one moment. */
export interface FleetStatus {
  /** The first to remove first. */
  readonly workers: readonly WorkerStatus[];
  /** Sessions that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}
