import { join } from 'node:path';
import { SegmentArtifacts } from '../core/artifacts/segment-artifacts.js';
import type { Bus } from '../core/bus/bus.js';
import { NatsBus } from '../core/bus/nats-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../core/bus/subjects.js';
import type { Ledger } from '../core/ledger/ledger.js';
import { openSqliteLedger } from '../core/ledger/sqlite-ledger.js';
import { createRng } from '../core/math/rng.js';
import { systemClock } from '../core/runtime/clock.js';
import { LockstepDispatcher } from '../coordinator/dispatch/lockstep-dispatcher.js';
import { PromptSchedule } from '../coordinator/prompts/prompt-schedule.js';
import { GROUP, NULL_FINGERPRINT, NULL_POLICY, nullPrompt, SAMPLING } from './null-rollouts.js';
import { BENCH_RELEASE } from './null-worker.js';

const RUN = 'bench';
const REWARD = { rubricId: 'r', rubricHash: 'rubric', rewardModelHash: 'reward', floor: -1 };

/** The coordinator's half of a task's way: dispatcher, ledger and segments on disk, without learning. */
export class BenchDispatcher {
  private iteration = 0;

  private constructor(
    private readonly dispatcher: LockstepDispatcher,
    private readonly parts: {
      readonly bus: Bus;
      readonly ledger: Ledger;
      readonly artifacts: SegmentArtifacts;
    },
  ) {}

  /** Declares the queues of the pool, which is the run's. `parcelSize` should not exceed a worker's slots. */
  static async open(
    { url, folder }: { readonly url: string; readonly folder: string },
    { tasksPerIteration, parcelSize }: { readonly tasksPerIteration: number; readonly parcelSize: number },
  ): Promise<BenchDispatcher> {
    const ledger = await openSqliteLedger(join(folder, 'ledger.sqlite'), systemClock);
    const artifacts = await SegmentArtifacts.open({ folder: join(folder, 'segments') });
    const bus = await NatsBus.connect({ url, release: BENCH_RELEASE, clock: systemClock });
    for (const queue of rolloutQueues(RUN, { parcelSize })) await bus.declareQueue(queue);
    const identity = { name: RUN, seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
    await ledger.createRun({ id: RUN, ...identity });
    const prompts = Array.from({ length: tasksPerIteration }, (_, at) => nullPrompt(at));
    const dispatcher = new LockstepDispatcher({
      ...{ bus, ledger, artifacts, clock: systemClock, observer: {} },
      schedule: new PromptSchedule(prompts, tasksPerIteration, createRng(1)),
      tasks: { run: RUN, groupSize: GROUP, sampling: SAMPLING, rng: createRng(2) },
      queues: rolloutQueueNames(RUN),
      engineFingerprint: NULL_FINGERPRINT,
      ...{ reissueAfterMs: 60_000, starvedAfterMs: 10_000, maxIssues: 5 },
    });
    return new BenchDispatcher(dispatcher, { bus, ledger, artifacts });
  }

  get pool(): string {
    return RUN;
  }

  /** One iteration's tasks, issued, answered and consumed. */
  async play(): Promise<void> {
    const { iteration } = this;
    this.iteration += 1;
    const plan = { iteration, policy: NULL_POLICY, reward: REWARD };
    const { groups } = await this.dispatcher.collect(plan, new AbortController().signal);
    await this.parts.ledger.completeIteration(RUN, {
      record: {
        ...{ iteration, policyVersion: 0, rubricHash: 'rubric', rewardModelHash: 'reward' },
        ...{ inputsHash: 'inputs', controlSequence: 0, metrics: {} },
      },
      consumed: groups.map(({ task }) => ({ iteration: task.iteration, id: task.id })),
      policy: { ...NULL_POLICY, rubricHash: 'rubric' },
    });
  }

  async close(): Promise<void> {
    const { bus, ledger, artifacts } = this.parts;
    await bus.close();
    await ledger.close();
    await artifacts.close();
  }
}
