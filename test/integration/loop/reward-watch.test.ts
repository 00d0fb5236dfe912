import { DEFAULT_HEALTH } from '../../../core/config/health-options.js';
import { DEFAULT_WATCH } from '../../../core/config/watch-options.js';
import type { ControlCheck } from '../../../coordinator/watch/control-check.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';
import { logSoftmax } from '../../support/unigram-model.js';
import type { PublishedModels } from '../../support/unigram-model.js';
import { until } from '../../support/until.js';
import { finishedRun } from './finished-run.js';

const LONGEST = 24;
const STOP = 0;

/** A run that may only be paused by its watch. */
const WATCHED: LoopRigOptions = {
  algorithm: { iterations: 24, groupSize: 8, policyLearningRate: 0.5 },
  sampling: { maxNewTokens: LONGEST, temperature: 1, stopTokenIds: [STOP] },
  health: { ...DEFAULT_HEALTH, entropyShare: 'off', klBudget: 'off' },
  watch: { ...DEFAULT_WATCH, canaryEvery: 2, controlEvery: 2, styleCorrelation: 'off' },
};
/** Pays one for every token: to be had by never stopping. */
const PAYS_LENGTH = (tokenIds: readonly number[]): ReturnType<typeof scored> => scored(tokenIds.length);
/** Pays for one token, and less for an answer that is hardly one. */
const PAYS_CONTENT = (tokenIds: readonly number[]): ReturnType<typeof scored> =>
  scored(tokenIds.filter((id) => id === 5).length - (tokenIds.length < 3 ? 0.5 : 0));

/** Likes answers of some ten tokens; what a policy is expected to write is known from its stop token. */
function likesTen(published: PublishedModels): ControlCheck {
  return {
    check: async ({ policy }) => {
      const weights = published.get(policy.location);
      if (weights === undefined) throw new Error(`nothing at ${policy.location}`);
      const stop = Math.exp(logSoftmax(weights.logits, 1)[STOP]);
      const length = (1 - (1 - stop) ** LONGEST) / stop;
      const value = Math.max(0, 1 - Math.abs(length - 10) / 10);
      return { winRate: { value, low: value - 0.05, high: value + 0.05, n: 100 }, proxyScore: length };
    },
  };
}

async function alarms({ ledger, run }: LoopRig): Promise<string[]> {
  return (await ledger.events(run, 0, 1000)).flatMap(({ payload }) =>
    payload.kind === 'alarm' ? payload.alarm : [],
  );
}

/** Plays to the end, or until the run stands still, and says why it stood. */
async function pauses(rig: LoopRig): Promise<string[]> {
  const playing = rig.play();
  const stands = until('the run ends or is paused', async () => {
    const state = (await rig.ledger.getRun(rig.run))?.state;
    return state === 'paused' || state === 'completed';
  });
  await Promise.race([playing, stands]);
  const run = await rig.ledger.getRun(rig.run);
  if (run?.state !== 'paused') {
    await playing;
    return [];
  }
  await rig.ledger.requestControl(rig.run, { kind: 'cancel' });
  await playing;
  return [run.reason ?? ''];
}

describe('a run whose policy games its reward', () => {
  it('is paused where the reward pays length and answers grow', async () => {
    const watch = { ...DEFAULT_WATCH, controlEvery: 'off' } as const;
    const rig = new LoopRig({ ...WATCHED, watch, scoreAnswer: PAYS_LENGTH });
    const reasons = await pauses(rig);
    expect(await alarms(rig)).toEqual(['style_rewarded']);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(
      /^Iteration \d+: watch\/length_correlation was 1, 1, 1 while answers\/mean_length/,
    );
  });

  it('is paused where the reward rises past the peak of what the control judge finds', async () => {
    const probes = (published: PublishedModels): { control: ControlCheck } => ({
      control: likesTen(published),
    });
    const rig = new LoopRig({ ...WATCHED, probes, scoreAnswer: PAYS_LENGTH });
    const [reason] = await pauses(rig);
    expect(await alarms(rig)).toEqual(['overoptimized']);
    const checks = (await rig.ledger.iterations(rig.run)).flatMap(({ policyVersion, metrics }) => {
      const rate = metrics['watch/control_win_rate'] as number | undefined;
      return rate === undefined ? [] : [{ policyVersion, rate, proxy: metrics['watch/proxy_score'] }];
    });
    const peak = checks.reduce((best, one) => (one.rate > best.rate ? one : best));
    expect(reason).toContain(`majlis rollback run --policy ${peak.policyVersion}\``);
    expect(checks.at(-1)?.proxy).toBeGreaterThan(peak.proxy);
    expect(checks.indexOf(peak)).toBeGreaterThan(0);
  });

  it('is paused where the reward pays canaries, before it learned from them twice', async () => {
    const canaries = [{ text: ':', tokenIds: [7, STOP] }];
    const rig = new LoopRig({ ...WATCHED, probes: () => ({ canaries }), scoreAnswer: () => scored(1) });
    const [reason] = await pauses(rig);
    expect(reason).toContain('Iteration 0: watch/canaries_paid_share was 1');
    expect(await alarms(rig)).toEqual(['canaries_paid']);
  });
});

describe('a run whose policy does what it is meant to', () => {
  const canaries = [{ text: ':', tokenIds: [7, STOP] }];
  /** Agrees with the reward. */
  const agrees = (published: PublishedModels): { control: ControlCheck; canaries: typeof canaries } => ({
    canaries,
    control: {
      check: async ({ policy }) => {
        const weights = published.get(policy.location);
        if (weights === undefined) throw new Error(`nothing at ${policy.location}`);
        const value = Math.exp(logSoftmax(weights.logits, 1)[5]);
        return { winRate: { value, low: value - 0.05, high: value + 0.05, n: 100 }, proxyScore: 5 * value };
      },
    },
  });
  const healthy: LoopRigOptions = {
    algorithm: { iterations: 12, groupSize: 8 },
    health: { ...DEFAULT_HEALTH, entropyShare: 'off', klBudget: 'off' },
    watch: { ...DEFAULT_WATCH, canaryEvery: 2, controlEvery: 2 },
    scoreAnswer: PAYS_CONTENT,
    probes: agrees,
  };

  it('is never paused, and learns what it learns unwatched', async () => {
    const watched = new LoopRig(healthy);
    expect(await pauses(watched)).toEqual([]);
    expect(watched.alarms).toEqual([]);
    const alone = new LoopRig({ ...healthy, probes: () => ({}) });
    await alone.play();
    expect(await watched.ledger.policyVersions('run')).toEqual(await alone.ledger.policyVersions('run'));
    const scores = watched.iterations.map(({ metrics }) => metrics['objective/scores']);
    expect(scores.at(-1)).toBeGreaterThan(scores[0] + 1);
  });

  it('has the same figures with one worker and with four, and in iterations that are done again', async () => {
    const calm = new LoopRig(healthy);
    expect(await pauses(calm)).toEqual([]);
    const four = new LoopRig({ ...healthy, workers: 4 });
    await four.play();
    expect(await four.ledger.iterations('run')).toEqual(await calm.ledger.iterations('run'));

    const checkpoints = { directory: 'checkpoints', every: 5, keep: 1 };
    const saved = new LoopRig({ ...healthy, checkpoints });
    await saved.play();
    const broken = new LoopRig({ ...healthy, checkpoints });
    const stop = new AbortController();
    broken.engines[0].beforeGenerate = async () => {
      if (broken.iterations.length === 7) stop.abort();
    };
    await expect(broken.play(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    const again = broken.restarted();
    await again.play();
    expect(await finishedRun(again)).toEqual(await finishedRun(saved));
  });

  it('is watched too where generation and learning overlap', async () => {
    const rig = new LoopRig({ ...healthy, schedule: { kind: 'async', maxStaleness: 1 } });
    expect(await pauses(rig)).toEqual([]);
    const due = (await rig.ledger.iterations('run')).filter(
      ({ metrics }) => 'watch/control_win_rate' in metrics,
    );
    expect(due.map(({ iteration }) => iteration)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(rig.alarms).toEqual([]);
  });
});
