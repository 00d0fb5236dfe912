import { MemoryArtifacts } from '../../../../core/artifacts/memory-artifacts.js';
import type { Delivery } from '../../../../core/bus/bus.js';
import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../../core/bus/subjects.js';
import type { PolicyVersion } from '../../../../core/domain/policy.js';
import { MemoryPolicies } from '../../../../core/engine/memory-policies.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { createRng } from '../../../../core/math/rng.js';
import type { Rng } from '../../../../core/math/rng.js';
import {
  decodeRolloutTask,
  encodeGivenUpTask,
  encodeTrajectoryGroup,
} from '../../../../core/rpc/rollout-codec.js';
import type { Scorer } from '../../../../core/scorer/scorer.js';
import { AsyncDispatcher } from '../../../../coordinator/dispatch/async-dispatcher.js';
import type { RolloutBatch } from '../../../../coordinator/dispatch/rollout-batch.js';
import { PromptSchedule } from '../../../../coordinator/prompts/prompt-schedule.js';
import { EagerScorer } from '../../../../coordinator/score/eager-scorer.js';
import { aPrompt, aResult } from '../../../support/builders.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { scored } from '../../../support/fake-scorer.js';

const RUN = 'run';
const queues = rolloutQueueNames(RUN);

/** How one simulated run goes. Shares are of tasks; times are milliseconds of simulated time. */
export interface Simulation {
  readonly seed: number;
  readonly perIteration: number;
  readonly iterations: number;
  readonly maxStaleness: number;
  readonly maxOutstanding: number;
  readonly workers: number;
  /** Acknowledged without a result. */
  readonly lost: number;
  /** Sent to the dead letters. */
  readonly dead: number;
  /** Answered twice. */
  readonly doubled: number;
  /** Shares of iterations before which the rubric is swapped, the policy rolled back, or the process killed. */
  readonly swapped: number;
  readonly rolledBack: number;
  readonly killed: number;
}

/** What the ledger was told, checked while it happens. */
export class Audit extends MemoryLedger {
  iteration = 0;
  readonly breaches: string[] = [];
  mayIssue = true;

  constructor(
    clock: FakeClock,
    private readonly limits: Simulation,
  ) {
    super(clock);
  }

  override async issueTasks(...[run, tasks]: Parameters<MemoryLedger['issueTasks']>): Promise<void> {
    await super.issueTasks(run, tasks);
    const { perIteration, maxStaleness, maxOutstanding } = this.limits;
    const all = await this.tasks(run);
    const standing = all.filter(({ state }) => state !== 'dropped' && state !== 'dead_lettered').length;
    const outstanding = all.filter(({ state }) => state === 'outstanding').length;
    const capacity = (this.iteration + maxStaleness + 1) * perIteration;
    if (standing > capacity) this.breaches.push(`${standing} tasks stand where ${capacity} may`);
    if (outstanding > maxOutstanding) this.breaches.push(`${outstanding} tasks are outstanding`);
    if (!this.mayIssue) this.breaches.push('a task was issued while the run stood still');
  }
}

export class AsyncSimulation {
  readonly clock = new FakeClock();
  readonly ledger: Audit;
  readonly batches: RolloutBatch[] = [];
  /** Hashes that the rewards of each batch were asked under. */
  readonly paidBy: string[][] = [];
  private readonly rng: Rng;
  private readonly bus = new MemoryBus(this.clock);
  private readonly artifacts = new MemoryArtifacts();
  private readonly policies = new MemoryPolicies();
  private readonly stop = new AbortController();
  private policy: PolicyVersion = { version: 0, hash: 'weights-0', location: 'there' };
  private readonly published = [this.policy];

  constructor(readonly options: Simulation) {
    this.rng = createRng(options.seed);
    this.ledger = new Audit(this.clock, options);
  }

  /** Runs from start to end in simulated time; rejects with what the run failed of. */
  async play(): Promise<void> {
    await this.ledger.createRun({
      id: RUN,
      name: RUN,
      seed: 1,
      config: '{}',
      configHash: 'c',
      fingerprints: {},
    });
    for (const queue of rolloutQueues(RUN, { ackWaitMs: 5000 })) await this.bus.declareQueue(queue);
    await this.ledger.recordPolicyVersion(RUN, this.policy, 'rubric-0');
    for (let worker = 0; worker < this.options.workers; worker += 1)
      void this.work(this.rng.fork(`w${worker}`));
    let state = 'running';
    const running = this.learn().finally(() => (state = 'ended'));
    running.catch(() => undefined);
    for (let step = 0; state === 'running' && step < 20_000; step += 1) await this.clock.advance(100);
    this.stop.abort();
    if (state === 'running') throw new Error('the simulated run never ends');
    await running;
  }

  private async learn(): Promise<void> {
    const { iterations, swapped, rolledBack, killed } = this.options;
    const chance = this.rng.fork('boundaries');
    let dispatcher = this.dispatcher();
    let rubric = 0;
    for (let iteration = 0; iteration < iterations; iteration += 1) {
      await dispatcher.hold();
      this.ledger.mayIssue = false;
      if (chance.uniform() < swapped) rubric += 1;
      if (chance.uniform() < rolledBack) await this.rollBack(chance);
      if (chance.uniform() < killed) {
        await dispatcher.close();
        dispatcher = this.dispatcher();
      }
      await this.clock.sleep(chance.integer(500));
      this.ledger.mayIssue = true;
      this.ledger.iteration = iteration;
      await this.iterate(dispatcher, iteration, `rubric-${rubric}`);
      await this.clock.sleep(chance.integer(400));
    }
    await dispatcher.finish();
  }

  private async iterate(
    dispatcher: SimulatedDispatcher,
    iteration: number,
    rubricHash: string,
  ): Promise<void> {
    const reward = { rubricId: rubricHash, rubricHash, rewardModelHash: `model of ${rubricHash}`, floor: -1 };
    const plan = { iteration, policy: this.policy, reward };
    const batch = await dispatcher.collect(plan, this.stop.signal);
    const rewards = await dispatcher.scorer.score(batch);
    this.batches.push(batch);
    this.paidBy.push(rewards.map((one) => one.rubricHash));
    await this.clock.sleep(this.rng.fork(`train ${iteration}`).integer(2000));
    // The policy is held in some iterations, as by a critic's warm-up.
    if (this.rng.fork(`held ${iteration}`).uniform() > 0.2) this.publish(`weights-${iteration + 1}`);
    await this.ledger.completeIteration(RUN, {
      record: {
        iteration,
        policyVersion: plan.policy.version,
        rubricHash,
        rewardModelHash: reward.rewardModelHash,
        inputsHash: 'inputs',
        controlSequence: 0,
        metrics: {},
      },
      consumed: batch.groups.map(({ task }) => ({ iteration: task.iteration, id: task.id })),
      policy: { ...this.policy, rubricHash: 'rubric-0' },
    });
  }

  private publish(hash: string): void {
    this.policy = { version: this.policy.version + 1, hash, location: 'there' };
    this.published.push(this.policy);
  }

  private async rollBack(chance: Rng): Promise<void> {
    this.publish(this.published[chance.integer(this.published.length)].hash);
    await this.ledger.recordPolicyVersion(RUN, this.policy, 'rubric-0');
  }

  private dispatcher(): SimulatedDispatcher {
    const { perIteration, iterations, maxStaleness, maxOutstanding } = this.options;
    const prompts = Array.from({ length: 5 }, (_, at) => aPrompt(`p${at}`));
    const scorer = new EagerScorer(this.judge());
    const dispatcher = new AsyncDispatcher({
      bus: this.bus,
      ledger: this.ledger,
      artifacts: this.artifacts,
      clock: this.clock,
      observer: {},
      schedule: new PromptSchedule(prompts, perIteration, createRng(1)),
      tasks: {
        run: RUN,
        groupSize: 2,
        sampling: { maxNewTokens: 4, temperature: 1, stopTokenIds: [0] },
        rng: createRng(2),
      },
      queues,
      engineFingerprint: 'fake/1',
      reissueAfterMs: 8000,
      starvedAfterMs: 20_000,
      maxIssues: 3,
      books: { perIteration, iterations, maxStaleness, maxOutstanding },
      scorer,
      policyAnnouncer: this.policies,
    });
    return Object.assign(dispatcher, { scorer });
  }

  private judge(): Scorer {
    const pace = this.rng.fork('judge');
    return {
      score: async (request, signal) => {
        await this.clock.sleep(pace.integer(1500), signal);
        return request.items.map(({ answers }) => answers.map(() => scored(1)));
      },
    };
  }

  private async work(rng: Rng): Promise<void> {
    for (;;) {
      const pull = { max: 1, waitMs: 1000, signal: this.stop.signal };
      const deliveries = await this.bus.pull(queues.tasks, pull).catch(() => []);
      if (this.stop.signal.aborted) return;
      for (const delivery of deliveries) await this.answer(delivery, rng);
    }
  }

  private async answer(delivery: Delivery, rng: Rng): Promise<void> {
    const { lost, dead, doubled } = this.options;
    const task = decodeRolloutTask(delivery.data);
    const { id: taskId, policyVersion } = task;
    const oldestVersion = this.policies.oldestAdmissible();
    const publish = (data: Uint8Array, dedupeId: string): Promise<unknown> =>
      this.bus.publish(queues.results, { run: RUN, dedupeId, data });
    if (policyVersion < oldestVersion) {
      await publish(
        encodeGivenUpTask({ taskId, policyVersion, oldestVersion }),
        `${taskId} given up ${rng.uniform()}`,
      );
      return delivery.ack();
    }
    // Now and then far longer than an iteration, so that tasks come back too old.
    await this.clock.sleep(rng.uniform() < 0.1 ? 4900 : rng.integer(800));
    const fate = rng.uniform();
    if (fate < lost) return delivery.ack();
    if (fate < lost + dead) return delivery.terminate('it cannot be done');
    const copies = fate > 1 - doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      await publish(encodeTrajectoryGroup(aResult(task)), `${taskId} ${rng.uniform()}`);
    }
    await delivery.ack();
  }
}

type SimulatedDispatcher = AsyncDispatcher & { readonly scorer: EagerScorer };
