/**
 * What comes back, before it counts: read, compared with its task, stored.
 *
 * - Nothing that arrives is fatal. What does not count is refused: counted by its reason and kept in the dead letters.
 * - The first stored result of a task wins; the same again is no news, another payload is refused with an alarm.
 * - What is known of tasks that have ended is the ledger's: nothing here grows with a run's history.
 */
import type { Delivery } from '../../core/bus/bus.js';
import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { WORKER_HEADER } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import type { ResultVerdict } from '../../core/ledger/ledger.js';
import { decodeRolloutResult } from '../../core/rpc/rollout-codec.js';
import type { RolloutResult } from '../../core/rpc/rollout-codec.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import { refusalOf } from './admission.js';
import type { DispatcherOptions } from './dispatcher.js';
import { largestResult } from './largest-result.js';
import type { Refusal } from './refusal.js';

type IntakeOptions = Pick<
  DispatcherOptions,
  'ledger' | 'artifacts' | 'observer' | 'tasks' | 'engineFingerprint'
>;

/** What a dispatcher keeps of a task that is open. */
interface Open {
  readonly task: RolloutTask;
}

/** A delivery that answers an open task as it was asked. */
export interface Answer<Kept extends Open> {
  readonly kind: 'answer';
  readonly delivery: Delivery;
  readonly open: Kept;
  readonly group: TrajectoryGroup;
}

/** Of a task that is not open. */
export interface Late {
  readonly delivery: Delivery;
  readonly taskId: string;
  /** False where a worker says that it did not do the task. */
  readonly isAnswer: boolean;
}

export type Sorted<Kept extends Open> =
  | Answer<Kept>
  /** A worker did not do the open task. */
  | { readonly kind: 'given_up'; readonly delivery: Delivery; readonly open: Kept }
  | ({ readonly kind: 'closed' } & Late)
  | { readonly kind: 'refused'; readonly delivery: Delivery; readonly refusal: Refusal };

export class ResultIntake<Kept extends Open> {
  private readonly largest: number;

  constructor(private readonly options: IntakeOptions) {
    this.largest = largestResult(options.tasks);
  }

  /** What a delivery is, given the tasks that are open. Nothing has happened to it yet. */
  sort(delivery: Delivery, find: (taskId: string) => Kept | undefined): Sorted<Kept> {
    const read = this.decoded(delivery);
    if ('message' in read) return { kind: 'refused', delivery, refusal: read };
    const taskId = read.kind === 'given_up' ? read.taskId : read.group.taskId;
    const open = find(taskId);
    if (open === undefined) return { kind: 'closed', delivery, taskId, isAnswer: read.kind === 'answered' };
    if (read.kind === 'given_up') return { kind: 'given_up', delivery, open };
    const refusal = refusalOf(read.group, open.task, this.options.engineFingerprint);
    if (refusal === undefined) return { kind: 'answer', delivery, open, group: read.group };
    const message = `result of ${taskId} was refused: ${refusal.message}`;
    return { kind: 'refused', delivery, refusal: { ...refusal, message } };
  }

  /** Stores the payloads, then has the ledger accept them. Returns those that are their tasks' results; the others were refused. */
  async store(answers: readonly Answer<Kept>[]): Promise<ReadonlySet<Answer<Kept>>> {
    if (answers.length === 0) return new Set();
    const { ledger, artifacts, tasks } = this.options;
    const hashes = await Promise.all(answers.map(({ delivery }) => artifacts.put(delivery.data)));
    const results = answers.map(({ open: { task } }, at) => ({
      ...{ taskId: task.id, iteration: task.iteration, payloadHash: hashes[at] },
    }));
    const verdicts = await ledger.acceptResults(tasks.run, results);
    const areStored = await Promise.all(
      answers.map((answer, at) => this.heed(answer, verdicts[at], hashes[at])),
    );
    return new Set(answers.filter((_, at) => areStored[at]));
  }

  /** A result of a task that is not open. True where it says nothing new; otherwise it was refused. */
  async late({ delivery, taskId, isAnswer }: Late): Promise<boolean> {
    const { ledger, observer, tasks } = this.options;
    const known = await ledger.task(tasks.run, taskId);
    if (known === undefined) return this.refuseUnknown(delivery, `no task ${taskId} was issued`);
    if (known.state === 'outstanding')
      return this.refuseUnknown(delivery, `task ${taskId} is not asked for now`);
    const payloadHash = sha256(delivery.data);
    const again = { taskId, iteration: known.iteration, payloadHash };
    // That one worker did not do what another did contradicts nothing.
    const [verdict] = isAnswer ? await ledger.acceptResults(tasks.run, [again]) : [];
    if (verdict === 'conflict') return this.refuse(delivery, conflicting(taskId, payloadHash));
    observer.resultRepeated?.();
    return true;
  }

  private decoded({ run, data }: Delivery): RolloutResult | Refusal {
    const { tasks } = this.options;
    if (run !== tasks.run) {
      return { reason: 'unknown_run', message: `a result is for run ${run}, this one is ${tasks.run}` };
    }
    if (data.byteLength > this.largest) {
      const message = `a result has ${data.byteLength} bytes, the longest may have ${this.largest}`;
      return { reason: 'too_large', message };
    }
    try {
      return decodeRolloutResult(data);
    } catch (thrown) {
      const { message } = MajlisError.from(thrown);
      return { reason: 'unreadable', message: `a result is unreadable: ${message}` };
    }
  }

  /** Counts it, blames its worker and keeps it in the dead letters. Always false: it does not count. */
  async refuse(delivery: Delivery, refusal: Refusal): Promise<false> {
    const { observer } = this.options;
    const kind = refusal.reason === 'conflicting' ? 'conflicting_result' : 'refused_result';
    observer.resultRefused?.(refusal, delivery.headers[WORKER_HEADER]);
    observer.alarm?.({ kind, message: refusal.message });
    await delivery.terminate(`${refusal.reason}: ${refusal.message}`);
    return false;
  }

  private async heed(
    { delivery, open: { task } }: Answer<Kept>,
    verdict: ResultVerdict | undefined,
    payloadHash: string,
  ): Promise<boolean> {
    switch (verdict) {
      case 'accepted':
        return true;
      case 'duplicate':
        this.options.observer.resultRepeated?.();
        return true;
      case 'conflict':
        return this.refuse(delivery, conflicting(task.id, payloadHash));
      // Ids can be computed by anyone, so it may come while the task's issue is still to be recorded.
      case 'unknown_task':
        return this.refuseUnknown(delivery, `the ledger does not ask for task ${task.id} now`);
      case undefined:
        throw new MajlisError(`the ledger did not say what the result of task ${task.id} is`, {
          code: 'internal',
        });
    }
  }

  private refuseUnknown(delivery: Delivery, message: string): Promise<false> {
    return this.refuse(delivery, { reason: 'unknown_task', message });
  }
}

function conflicting(taskId: string, payloadHash: string): Refusal {
  return { reason: 'conflicting', message: `task ${taskId} came back with another payload, ${payloadHash}` };
}
