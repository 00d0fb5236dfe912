import { IterationBoundary } from '../../../coordinator/boundary.js';
import { compileAlgorithm } from '../../../coordinator/algorithm-options.js';
import type { AlgorithmChoice } from '../../../coordinator/algorithm-options.js';
import { Checkpoints } from '../../../coordinator/checkpoint/checkpoints.js';
import { ControlEvents } from '../../../coordinator/control-events.js';
import { HealthGuard } from '../../../coordinator/health/health-guard.js';
import { RunHealth } from '../../../coordinator/health/run-health.js';
import { createRunModels } from '../../../coordinator/models/run-models.js';
import { PolicyRegistry } from '../../../coordinator/policy/policy-registry.js';
import type { Progress } from '../../../coordinator/progress.js';
import { RewardNotReady } from '../../../coordinator/score/reward-not-ready.js';
import type { RewardRefresh } from '../../../coordinator/score/reward-source.js';
import { ShadowRubric } from '../../../coordinator/shadow/shadow-rubric.js';
import { RunAlarms } from '../../../coordinator/run-alarms.js';
import { DEFAULT_HEALTH } from '../../../core/config/health-options.js';
import type { ControlEvent } from '../../../core/domain/run.js';
import { fixedKlController } from '../../../core/math/kl-controller.js';
import { LoopRig } from '../../support/loop-rig.js';
import { until } from '../../support/until.js';

const SIGNAL = new AbortController().signal;

interface Standing {
  readonly rig: LoopRig;
  readonly boundary: IterationBoundary;
  readonly health: RunHealth;
  readonly progress: Progress;
  /** Iterations before which tasks were taken back. */
  readonly withdrawals: readonly number[];
  ask(...events: readonly ControlEvent[]): Promise<void>;
}

/** A running run of two policy versions, before iteration 4. */
async function standing(algorithm: AlgorithmChoice = {}, refresh?: RewardRefresh): Promise<Standing> {
  const rig = new LoopRig();
  const { ledger, run, trainer } = rig;
  await rig.create();
  await ledger.setRunState(run, 'running');
  const compiled = compileAlgorithm({ criticOnlyAfterSwap: 3, ...algorithm });
  const spec = { base: 'base', seed: 1, algorithm: compiled };
  const models = await createRunModels(trainer, { run, epoch: 1 }, spec);
  const registry = { run, model: models.policy, ledger, announcer: rig.policies, directory: 'policies' };
  const policies = new PolicyRegistry(registry);
  const first = await policies.publish(0, 'rubric-a');
  const policy = { ...first, version: 1, hash: 'one' };
  for (const version of [first, policy]) await policies.record(version);
  const guard = new HealthGuard({ ...DEFAULT_HEALTH, klBudget: 5 }, { run, excludedShareAlarm: 1 });
  const freeSpace = { freeBytes: async () => Infinity };
  const health = new RunHealth({ guard, freeSpace, path: '.', iterationBytes: () => 0 });
  const control = new ControlEvents(ledger, run);
  const rewardSources = {
    activate: async (rubricHash: string) => ({ ...REWARD, rubricHash }),
    keep: async () => undefined,
  };
  const alarms = new RunAlarms(run, ledger, {});
  const withdrawals: number[] = [];
  const boundary = new IterationBoundary({
    run,
    algorithm: compiled,
    ledger,
    control,
    rewardSources,
    refresh,
    policies,
    models,
    checkpoints: new Checkpoints({
      run,
      epoch: 1,
      models,
      ledger,
      directory: '.',
      every: 1,
      keep: 1,
      rngSeed: 1,
    }),
    recovery: { keep: async (_stand, work) => work() },
    health,
    alarms,
    withdrawTasks: async () => void withdrawals.push(progress.iteration),
    shadow: new ShadowRubric({ run, ledger, control, rewardSources, scorer: rig.scorer, alarms }),
  });
  const klController = fixedKlController(0);
  const place = { iteration: 4, policy, reward: REWARD, shadowRubricHash: undefined };
  const progress = { ...place, klController, policyHeldUntil: 0, numTokens: 0 };
  const ask = async (...events: readonly ControlEvent[]): Promise<void> => {
    for (const event of events) await ledger.requestControl(run, event);
  };
  return { rig, boundary, health, progress, ask, withdrawals };
}

const REWARD = { rubricId: 'a', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -3 };
const SWAP: ControlEvent = { kind: 'swap_rubric', rubricHash: 'rubric-b' };
const BACK: ControlEvent = { kind: 'roll_back', to: { policyVersion: 0 } };

describe('the boundary between two iterations', () => {
  it('changes nothing where nothing was asked', async () => {
    const { boundary, progress } = await standing();
    expect(await boundary.cross(progress, SIGNAL)).toBe(progress);
    expect(await boundary.controlInForce(4)).toBe(0);
  });

  it('holds the policy for the critic after a swap, and never shorter than it was held', async () => {
    const { boundary, progress, ask } = await standing();
    await ask(SWAP);
    expect(await boundary.cross(progress, SIGNAL)).toMatchObject({
      reward: { rubricHash: 'rubric-b' },
      policyHeldUntil: 7,
    });
    const longer = await standing();
    await longer.ask(SWAP);
    const held = { ...longer.progress, policyHeldUntil: 9 };
    expect(await longer.boundary.cross(held, SIGNAL)).toMatchObject({ policyHeldUntil: 9 });
  });

  it('takes up the last candidate that was asked for, and none that is in force itself', async () => {
    const other: ControlEvent = { kind: 'shadow_rubric', rubricHash: 'rubric-c' };
    const own: ControlEvent = { kind: 'shadow_rubric', rubricHash: 'rubric-a' };
    const { boundary, progress, ask } = await standing();
    await ask({ ...other, rubricHash: 'rubric-d' }, other, SWAP);
    expect(await boundary.cross(progress, SIGNAL)).toMatchObject({ shadowRubricHash: 'rubric-c' });
    const alone = await standing();
    await alone.ask(own);
    expect(await alone.boundary.cross(alone.progress, SIGNAL)).toMatchObject({ shadowRubricHash: undefined });
  });

  it('holds nothing where there is no critic to wait for', async () => {
    const { boundary, progress, ask } = await standing({ estimator: 'grpo' });
    await ask(SWAP, BACK);
    expect(await boundary.cross(progress, SIGNAL)).toMatchObject({ policyHeldUntil: 0 });
  });

  it('goes back without standing still, and then counts its health anew', async () => {
    const { rig, boundary, health, progress, ask } = await standing();
    const metrics = { 'objective/kl': 9 };
    const rewardModelHash = 'model-a';
    for (const iteration of [2, 3])
      await health.check({ iteration, policyVersion: 1, rewardModelHash, metrics });
    await ask(BACK);
    const next = await boundary.cross(progress, SIGNAL);
    const versions = await rig.ledger.policyVersions(rig.run);
    expect(next).toMatchObject({ policy: { version: 2, hash: versions[0].hash }, policyHeldUntil: 7 });
    expect(versions).toHaveLength(3);
    expect(await rig.policies.locate(versions[0].hash)).toMatchObject({ version: 2 });
    expect(await health.check({ iteration: 4, policyVersion: 2, rewardModelHash, metrics })).toBeUndefined();
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('running');
  });

  it('applies nothing that was asked after a cancel', async () => {
    const { rig, boundary, progress, ask } = await standing();
    await ask({ kind: 'cancel' }, BACK);
    expect(await boundary.cross(progress, SIGNAL)).toBe('cancelled');
    expect(await rig.ledger.policyVersions(rig.run)).toHaveLength(2);
  });

  it('stops waiting on the signal, and leaves the run paused and its tasks taken back', async () => {
    const { rig, boundary, progress, ask, withdrawals } = await standing();
    await ask({ kind: 'pause', reason: 'lunch' });
    const stop = new AbortController();
    const crossing = boundary.cross(progress, stop.signal);
    await rig.reached('paused');
    stop.abort();
    await expect(crossing).rejects.toThrow('aborted');
    expect(await rig.ledger.getRun(rig.run)).toMatchObject({ state: 'paused', reason: 'lunch' });
    expect(withdrawals).toEqual([4]);
  });

  it('knows where an earlier start stood', async () => {
    const { rig, boundary, progress, ask } = await standing();
    expect(await boundary.wasReached(4)).toBe(false);
    await ask(SWAP);
    await boundary.cross(progress, SIGNAL);
    expect(await boundary.wasReached(4)).toBe(true);
    expect(await boundary.wasReached(5)).toBe(false);
    await rig.ledger.setRunState(rig.run, 'paused');
    expect(await boundary.wasReached(5)).toBe(true);
  });
});

describe('a reward that is retrained on the policy', () => {
  const asked: string[] = [];
  let silent = 0;
  const refresh: RewardRefresh = {
    every: 2,
    refresh: async (rubricHash, { hash }) => {
      asked.push(`${rubricHash} on ${hash}`);
      if (silent-- > 0) throw new RewardNotReady('judge one does not answer');
      return { ...REWARD, rubricHash, rewardModelHash: `${rubricHash} on ${hash}` };
    },
  };
  beforeEach(() => {
    asked.length = 0;
    silent = 0;
  });

  it('comes into force every so many iterations, and the critic learns it first', async () => {
    const { boundary, progress } = await standing({}, refresh);
    expect(await boundary.cross(progress, SIGNAL)).toMatchObject({
      reward: { rewardModelHash: 'rubric-a on one' },
      policyHeldUntil: 7,
    });
    const between = { ...progress, iteration: 5 };
    expect(await boundary.cross(between, SIGNAL)).toBe(between);
    expect(asked).toHaveLength(1);
  });

  it('is the first one where the run begins: the policy is the checkpoint that was judged', async () => {
    const { boundary, progress } = await standing({}, refresh);
    const start = { ...progress, iteration: 0 };
    expect(await boundary.cross(start, SIGNAL)).toBe(start);
    expect(asked).toEqual([]);
  });

  it('is of the rubric and on the policy that people left in force', async () => {
    const { rig, boundary, progress, ask } = await standing({}, refresh);
    await ask(SWAP, BACK);
    await boundary.cross(progress, SIGNAL);
    const [first] = await rig.ledger.policyVersions(rig.run);
    expect(asked).toEqual([`rubric-b on ${first.hash}`]);
  });

  it('is asked for again when the run is resumed, where its judges did not answer', async () => {
    silent = 1;
    const { rig, boundary, progress, ask } = await standing({}, refresh);
    const crossing = boundary.cross(progress, SIGNAL);
    await until('the run is paused', async () => (await rig.ledger.getRun(rig.run))?.state === 'paused');
    await ask({ kind: 'resume' });
    expect(await crossing).toMatchObject({ reward: { rewardModelHash: 'rubric-a on one' } });
    expect(asked).toHaveLength(2);
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('running');
  });
});
