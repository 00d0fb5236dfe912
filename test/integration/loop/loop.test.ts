import { decodeTrajectoryGroup, encodeTrajectoryGroup } from '../../../core/rpc/rollout-codec.js';
import { rolloutQueueNames } from '../../../core/bus/subjects.js';
import { updateRecordSchema } from '../../../coordinator/update/update-record.js';
import { DyingBus } from '../../support/dying-bus.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig, WANTED_TOKEN } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';

async function finalHash(options: LoopRigOptions): Promise<string> {
  return (await new LoopRig(options).play()).policy.hash;
}

describe('the loop in one process', () => {
  it('raises what is paid for', async () => {
    const rig = new LoopRig({ algorithm: { iterations: 15 } });
    const end = await rig.play();
    expect(end.state).toBe('completed');
    const scores = rig.iterations.map(({ metrics }) => metrics['objective/scores']);
    expect(scores.at(-1)).toBeGreaterThan(scores[0] + 1);
    const logits = rig.trainer.weightsOf('policy');
    expect(logits.indexOf(Math.max(...logits))).toBe(WANTED_TOKEN);
    expect(rig.alarms).toEqual([]);
  });

  it('counts answers and tokens from its first iteration on', async () => {
    const rig = new LoopRig();
    await rig.play();
    let tokens = 0;
    for (const { metrics, iteration } of rig.iterations) {
      for (const { payloadHash } of await rig.ledger.results(rig.run, iteration)) {
        const { trajectories } = decodeTrajectoryGroup(await rig.artifacts.get(payloadHash));
        // Every prompt of the rig has two tokens.
        for (const { tokenIds } of trajectories) tokens += 2 + tokenIds.length;
      }
      expect(metrics).toMatchObject({ episode: 16 * (iteration + 1), num_tokens: tokens });
    }
  });

  it('accounts for every task exactly once', async () => {
    const rig = new LoopRig({ workers: 3 });
    await rig.play();
    expect(await rig.ledger.outstandingTasks(rig.run)).toEqual([]);
    const { tasks, results } = rolloutQueueNames(rig.run);
    for (const queue of [tasks, results]) {
      expect(await rig.bus.status(queue)).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
    }
    const ids = new Set<string>();
    for (let iteration = 0; iteration < 6; iteration += 1) {
      const stored = await rig.ledger.results(rig.run, iteration);
      expect(stored).toHaveLength(4);
      for (const { taskId, payloadHash } of stored) {
        ids.add(taskId);
        expect(decodeTrajectoryGroup(await rig.artifacts.get(payloadHash)).taskId).toBe(taskId);
      }
    }
    expect(ids.size).toBe(24);
    expect(rig.engines.flatMap(({ requests }) => requests)).toHaveLength(24);
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('completed');
  });

  it('ends on the same policy with one worker and with four, whatever the run is called', async () => {
    const one = await finalHash({ workers: 1, run: 'first' });
    expect(await finalHash({ workers: 4, run: 'second' })).toBe(one);
    expect(await finalHash({ workers: 1, run: 'first', seed: 12 })).not.toBe(one);
  });

  it('ends on the same policy when a worker dies in the middle of a task', async () => {
    const calm = await finalHash({});
    const rig = new LoopRig({ ackWaitMs: 100 });
    const [engine] = rig.engines;
    const bus = new DyingBus(rig.bus);
    const victim = rig.worker(engine, bus);
    let taken = 0;
    engine.beforeGenerate = async () => {
      taken += 1;
      if (taken === 2) bus.die();
    };
    // The rig's own worker joins once the first is dead, so the lost task can only come back by its lease.
    const end = await rig.playAfter(victim);
    expect(victim.state).toBe('FAILED');
    expect(taken).toBe(24 + 1);
    expect(end.policy.hash).toBe(calm);
  });

  it('pays each kind of outcome as its kind says', async () => {
    const outcomes = [
      scored(1),
      { kind: 'abstained', reason: 'not applicable' },
      { kind: 'judge_failed', reason: 'timeout', retryable: true },
      { kind: 'unparseable', raw: '?' },
      { kind: 'policy_malformed', reason: 'empty' },
      scored(3),
    ] as const;
    const rig = new LoopRig({
      scoreAnswer: (_ids, place) => outcomes[place % outcomes.length],
      algorithm: { iterations: 1, promptsPerIteration: 3, groupSize: 6, criticWarmupIterations: 0 },
    });
    await rig.play();
    const [{ metrics }] = rig.iterations;
    expect(metrics['rewards/excluded_share']).toBeCloseTo(0.5, 12);
    expect(metrics['rewards/malformed_share']).toBeCloseTo(1 / 6, 12);
    expect(metrics['objective/scores']).toBeCloseTo((1 + 3 - 3) / 3, 12);
    const learned = rig.trainer.forwardBackwards
      .filter(({ loss }) => loss.type === 'ppo')
      .map(({ loss }) => loss.batch.offsets.length - 1);
    expect(learned.reduce((sum, sequences) => sum + sequences, 0)).toBe(9 * 2);
    expect(rig.alarms.map(({ kind }) => kind)).toEqual(['many_answers_excluded']);
  });

  it('stamps the new rubric on tasks from the boundary of its swap on, and holds the policy for the critic', async () => {
    const rig = new LoopRig({ algorithm: { iterations: 5, criticOnlyAfterSwap: 2 } });
    await rig.create();
    await rig.ledger.requestControl(rig.run, {
      kind: 'swap_rubric',
      rubricHash: 'rubric-b',
      iteration: 2,
    });
    await rig.play();
    expect(rig.iterations.map(({ rubricHash }) => rubricHash)).toEqual([
      'rubric-a',
      'rubric-a',
      'rubric-b',
      'rubric-b',
      'rubric-b',
    ]);
    expect(rig.iterations.map(({ metrics }) => metrics['policy/steps'])).toEqual([0, 4, 0, 0, 4]);
    expect(
      rig.scorer.requests.map(({ rubricHash, rewardModelHash }) => [rubricHash, rewardModelHash]),
    ).toContainEqual(['rubric-b', 'model of rubric-b']);
    expect(rig.iterations[2].metrics['rewards/rubric-b/mean']).toBeDefined();
    const [a, b] = [['rubric-a'], ['rubric-b']];
    expect(rig.kept).toEqual([a, a, b, b, b]);
    const records = await rig.ledger.iterations(rig.run);
    expect(records.map(({ rubricHash }) => rubricHash.at(-1))).toEqual(['a', 'a', 'b', 'b', 'b']);
  });

  it('leaves the policy untouched while the critic warms up', async () => {
    const rig = new LoopRig({ algorithm: { iterations: 2, criticWarmupIterations: 2 } });
    const end = await rig.play();
    expect(end.policy.version).toBe(0);
    expect(Math.hypot(...rig.trainer.weightsOf('policy'))).toBe(0);
    expect(Math.hypot(...rig.trainer.weightsOf('critic'))).toBeGreaterThan(0);
    expect(rig.iterations.map(({ metrics }) => metrics['val/steps'])).toEqual([4, 4]);
  });

  it('stops the epochs of the policy, and not of the critic, once the KL passes its target', async () => {
    const algorithm = { iterations: 1, criticWarmupIterations: 0, epochs: 3, targetKl: 0.02 };
    const far = new LoopRig({ algorithm });
    far.trainer.reportedKl = 0.03;
    await far.play();
    expect(far.iterations[0].metrics).toMatchObject({ 'policy/steps': 2, 'val/steps': 6 });
    const near = new LoopRig({ algorithm });
    near.trainer.reportedKl = 0.01;
    await near.play();
    expect(near.iterations[0].metrics).toMatchObject({ 'policy/steps': 6, 'val/steps': 6 });
  });

  it('starts each update from a ratio of 1', async () => {
    const rig = new LoopRig();
    await rig.play();
    for (const { metrics } of rig.iterations.slice(1)) {
      expect(Math.abs(metrics['val/ratio_first_minibatch'] - 1)).toBeLessThan(1e-6);
    }
  });

  it('steers β by the measured KL, once the policy moves', async () => {
    const algorithm = {
      iterations: 4,
      criticWarmupIterations: 2,
      kl: { initial: 0.2, target: 6, horizon: 160 },
    };
    const rig = new LoopRig({ algorithm });
    await rig.play();
    const betas = rig.iterations.map(({ metrics }) => metrics['kl/beta']);
    // Iterations 0 and 1 hold the policy; iteration 2 measures KL 0, so β falls by 20% × 16 answers / 160.
    expect(rig.iterations[2].metrics['objective/kl']).toBe(0);
    expect(betas.slice(0, 3)).toEqual([0.2, 0.2, 0.2]);
    expect(betas[3]).toBeCloseTo(0.2 * (1 - 0.02), 12);
  });

  it('cancels at the boundary that was asked for, and says so', async () => {
    const rig = new LoopRig();
    await rig.create();
    await rig.ledger.requestControl(rig.run, { kind: 'cancel', iteration: 3 });
    expect((await rig.play()).state).toBe('cancelled');
    expect(rig.iterations).toHaveLength(3);
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('cancelled');
  });

  it('writes a failure into the ledger and throws it', async () => {
    const rig = new LoopRig({
      scoreAnswer: () => {
        throw new Error('the reward plane is on fire');
      },
    });
    await expect(rig.play()).rejects.toThrow('the reward plane is on fire');
    expect(await rig.ledger.getRun(rig.run)).toMatchObject({
      state: 'failed',
      reason: 'the reward plane is on fire',
    });
  });

  it('stops on its signal and leaves the run as it is', async () => {
    const rig = new LoopRig();
    const stop = new AbortController();
    rig.engines[0].beforeGenerate = async (request) => {
      if (request.policyHash !== rig.engines[0].loads[0]) stop.abort();
    };
    await expect(rig.play(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('running');
  });

  it.each(['grpo', 'dr_grpo', 'rloo', 'reinforce_plus_plus', 'reinforce_plus_plus_baseline'] as const)(
    'raises what is paid for with %s and no critic',
    async (estimator) => {
      const rig = new LoopRig({ algorithm: { estimator, iterations: 12, policyLearningRate: 1 } });
      await rig.play();
      expect(rig.trainer.calls.filter((call) => call.includes('critic'))).toEqual([]);
      const scores = rig.iterations.map(({ metrics }) => metrics['objective/scores']);
      expect(scores.at(-1)).toBeGreaterThan(scores[0] + 0.5);
    },
  );

  it('stores a record of every iteration that its schema reads back', async () => {
    const rig = new LoopRig();
    await rig.play();
    for (const { inputsHash, iteration } of await rig.ledger.iterations(rig.run)) {
      const text = new TextDecoder().decode(await rig.artifacts.get(inputsHash));
      const record = updateRecordSchema.parse(JSON.parse(text));
      expect(record.iteration).toBe(iteration);
      expect(record.policySteps).toHaveLength(iteration === 0 ? 0 : 4);
    }
  });

  it('raises an alarm for a second result with another payload, and keeps the first', async () => {
    const calm = await finalHash({});
    const rig = new LoopRig();
    const { results } = rolloutQueueNames(rig.run);
    let forged = 0;
    rig.engines[0].beforeGenerate = async () => {
      if (rig.iterations.length !== 1 || forged > 0) return;
      forged += 1;
      const [{ payloadHash }] = await rig.ledger.results(rig.run, 0);
      const group = decodeTrajectoryGroup(await rig.artifacts.get(payloadHash));
      const [first, ...others] = group.trajectories;
      const altered = { ...group, trajectories: [{ ...first, text: 'forged' }, ...others] };
      await rig.bus.publish(results, {
        run: rig.run,
        dedupeId: 'forged',
        data: encodeTrajectoryGroup(altered),
      });
      await rig.bus.publish(results, { run: rig.run, dedupeId: 'again', data: encodeTrajectoryGroup(group) });
    };
    const end = await rig.play();
    expect(rig.alarms.map(({ kind }) => kind)).toEqual(['conflicting_result']);
    expect(end.policy.hash).toBe(calm);
  });
});
