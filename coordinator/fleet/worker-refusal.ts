import type { WorkerHello } from '../../core/domain/worker.js';

/** What the run at work asks of whoever samples for it. */
export interface FleetNeeds {
  readonly run: string;
  readonly engineFingerprint: string;
  readonly tokenizerHash: string;
  /** Longest prompt plus answer, in tokens. */
  readonly contextLength: number;
}

/** Why a worker is of no use, in one sentence. */
export interface WorkerRefusal {
  readonly kind: 'pool' | 'fingerprint' | 'context' | 'tokenizer';
  readonly sentence: string;
}

/** Why this worker cannot sample for the run, undefined where it can; without a run nothing but the pool counts. */
export function refusalOfWorker(
  hello: WorkerHello,
  pool: string,
  needs: FleetNeeds | undefined,
): WorkerRefusal | undefined {
  const { worker, engineFingerprint, contextLength, tokenizerHash } = hello;
  if (hello.pool !== pool) {
    const sentence = `worker ${worker} takes tasks of pool ${hello.pool}, this coordinator issues to ${pool}`;
    return { kind: 'pool', sentence };
  }
  if (needs === undefined) return undefined;
  if (engineFingerprint !== needs.engineFingerprint) {
    const sentence = `worker ${worker} computes on ${engineFingerprint}, run ${needs.run} on ${needs.engineFingerprint}; its answers would be refused`;
    return { kind: 'fingerprint', sentence };
  }
  if (contextLength !== undefined && contextLength < needs.contextLength) {
    const sentence = `worker ${worker} takes up to ${contextLength} tokens a sequence, run ${needs.run} needs ${needs.contextLength}`;
    return { kind: 'context', sentence };
  }
  if (tokenizerHash !== undefined && tokenizerHash !== needs.tokenizerHash) {
    const sentence = `worker ${worker} has tokenizer ${tokenizerHash}, the prompts of run ${needs.run} were tokenized by ${needs.tokenizerHash}`;
    return { kind: 'tokenizer', sentence };
  }
  return undefined;
}
