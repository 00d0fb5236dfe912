import type { Delivery } from '../../../../core/bus/bus.js';
import { MemoryArtifacts } from '../../../../core/artifacts/memory-artifacts.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import type { RolloutTask } from '../../../../core/domain/trajectory.js';
import { WORKER_HEADER } from '../../../../core/domain/worker.js';
import { createRng } from '../../../../core/math/rng.js';
import { encodeTrajectoryGroup } from '../../../../core/rpc/rollout-codec.js';
import { largestResult } from '../../../../coordinator/dispatch/largest-result.js';
import type { Refusal } from '../../../../coordinator/dispatch/refusal.js';
import { ResultIntake } from '../../../../coordinator/dispatch/result-intake.js';
import type { Sorted } from '../../../../coordinator/dispatch/result-intake.js';
import type { RunAlarm } from '../../../../coordinator/run-observer.js';
import { aResult, aTask, aTrajectory } from '../../../support/builders.js';
import { FakeClock } from '../../../support/fake-clock.js';

const tasks = { run: 'run', groupSize: 2, sampling: aTask().sampling, rng: createRng(1) };
const task = aTask();
const answer = encodeTrajectoryGroup(aResult(task));
const other = encodeTrajectoryGroup(
  aResult(task, [aTrajectory({ text: 'other' }), aTrajectory({ index: 1 })]),
);

class Rig {
  readonly ledger = new MemoryLedger(new FakeClock());
  readonly refusals: Refusal[] = [];
  readonly blamed: (string | undefined)[] = [];
  readonly alarms: RunAlarm['kind'][] = [];
  readonly deadLetters: string[] = [];
  repeated = 0;
  readonly intake = new ResultIntake<{ readonly task: RolloutTask }>({
    ledger: this.ledger,
    artifacts: new MemoryArtifacts(),
    tasks,
    engineFingerprint: 'fake/1',
    observer: {
      resultRefused: (refusal, worker) => {
        this.refusals.push(refusal);
        this.blamed.push(worker);
      },
      resultRepeated: () => (this.repeated += 1),
      alarm: ({ kind }) => this.alarms.push(kind),
    },
  });

  async begin(): Promise<void> {
    const identity = { name: 'run', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
    await this.ledger.createRun({ id: 'run', ...identity });
    await this.ledger.issueTasks('run', [{ id: task.id, iteration: 0, issue: 1, deadlineMs: 0 }]);
  }

  sort(data: Uint8Array, run?: string): Sorted<{ readonly task: RolloutTask }> {
    return this.intake.sort(this.delivery(data, run), (id) => (id === task.id ? { task } : undefined));
  }

  /** Whether the answer is now its task's result. */
  async store(data: Uint8Array): Promise<boolean> {
    const sorted = this.sort(data);
    return sorted.kind === 'answer' && (await this.intake.store([sorted])).has(sorted);
  }

  /** Whether an answer of a task that is not open says nothing new. */
  late(data: Uint8Array, taskId = task.id): Promise<boolean> {
    return this.intake.late({ delivery: this.delivery(data), taskId, isAnswer: true });
  }

  delivery(data: Uint8Array, run = 'run'): Delivery {
    const nothing = async (): Promise<void> => undefined;
    const terminate = async (reason: string): Promise<void> => void this.deadLetters.push(reason);
    const headers = { [WORKER_HEADER]: 'liar' };
    return { run, data, headers, attempt: 1, ack: nothing, nak: nothing, working: nothing, terminate };
  }
}

describe('ResultIntake', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = new Rig();
    await rig.begin();
  });

  it.each([
    ['no message of the wire', Uint8Array.of(255, 255), 'run', 'unreadable'],
    ['too large to be an answer', new Uint8Array(largestResult(tasks) + 1), 'run', 'too_large'],
    ['for another run', answer, 'run of last week', 'unknown_run'],
  ])('refuses what is %s, by its reason, and keeps it', async (_what, data, run, reason) => {
    const sorted = rig.sort(data, run);
    if (sorted.kind === 'refused') await rig.intake.refuse(sorted.delivery, sorted.refusal);
    expect(rig.refusals.map((refusal) => refusal.reason)).toEqual([reason]);
    expect(rig.blamed).toEqual(['liar']);
    expect(rig.alarms).toEqual(['refused_result']);
    expect(rig.deadLetters).toEqual([`${reason}: ${rig.refusals[0].message}`]);
  });

  it('reads an answer as long as one may be', async () => {
    const text = 'x'.repeat(largestResult(tasks) - 1024);
    const long = aResult(task, [aTrajectory({ text }), aTrajectory({ index: 1 })]);
    const data = encodeTrajectoryGroup(long);
    expect(rig.sort(data)).toMatchObject({ kind: 'answer', open: { task }, group: long });
  });

  it('refuses a result of a task that nobody issued', async () => {
    expect(await rig.late(answer, 'stranger')).toBe(false);
    expect(rig.refusals).toEqual([{ reason: 'unknown_task', message: 'no task stranger was issued' }]);
  });

  it('takes the first result of a task; the same again is no news, another one is refused and kept', async () => {
    expect(await rig.store(answer)).toBe(true);
    expect(rig.repeated).toBe(0);
    expect(await rig.store(answer)).toBe(true);
    expect(rig.repeated).toBe(1);
    expect(await rig.store(other)).toBe(false);
    expect(rig.refusals.map(({ reason }) => reason)).toEqual(['conflicting']);
    expect(rig.alarms).toEqual(['conflicting_result']);
    expect(rig.deadLetters).toEqual([expect.stringMatching(/^conflicting: task task-0 came back/)]);
  });

  it('compares a late result with what the ledger holds, whichever start of the run accepted it', async () => {
    await rig.store(answer);
    expect(await rig.late(answer)).toBe(true);
    expect(await rig.late(other)).toBe(false);
    expect([rig.repeated, rig.refusals.map(({ reason }) => reason)]).toEqual([1, ['conflicting']]);
  });

  it('expects late results of tasks that were dropped', async () => {
    await rig.ledger.dropOpenTasks('run');
    expect(await rig.late(answer)).toBe(true);
    expect(rig.refusals).toEqual([]);
  });
});
