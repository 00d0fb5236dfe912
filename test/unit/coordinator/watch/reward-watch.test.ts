import type { ControlCheck } from '../../../../coordinator/watch/control-check.js';
import { RewardWatch } from '../../../../coordinator/watch/reward-watch.js';
import { FakeScorer, scored } from '../../../support/fake-scorer.js';
import { watchedIteration } from '../../../support/watched-iteration.js';

const SIGNAL = new AbortController().signal;
const canaries = [{ text: ':', tokenIds: [1] }];
const control: ControlCheck = {
  check: async () => ({ winRate: { value: 0.6, low: 0.5, high: 0.7, n: 32 }, proxyScore: 1.5 }),
};

async function names(
  iteration: number,
  parts: Partial<ConstructorParameters<typeof RewardWatch>[0]>,
): Promise<string[]> {
  const scorer = new FakeScorer(() => scored(0));
  const options = { canaryEvery: 2, controlEvery: 3 } as const;
  const watch = new RewardWatch({ scorer, probes: { canaries, control }, options, ...parts });
  return Object.keys(await watch.measure(watchedIteration([[{ tokens: 1, outcome: 0 }]], iteration), SIGNAL));
}

const CANARIES = ['watch/canaries_paid_share'];
const CONTROL = [
  'watch/control_win_rate',
  'watch/control_win_rate_low',
  'watch/control_win_rate_high',
  'watch/proxy_score',
];

describe('a watch', () => {
  it('looks at canaries and control in the iterations that are due, from the first', async () => {
    expect(await names(0, {})).toEqual([...CANARIES, ...CONTROL]);
    expect(await names(1, {})).toEqual([]);
    expect(await names(2, {})).toEqual(CANARIES);
    expect(await names(3, {})).toEqual(CONTROL);
  });

  it('looks at neither where it is off or there is nothing to hold beside the run', async () => {
    expect(await names(0, { options: { canaryEvery: 'off', controlEvery: 'off' } })).toEqual([]);
    expect(await names(0, { probes: {} })).toEqual([]);
    expect(await names(0, { probes: { control: { check: async () => undefined } } })).toEqual([]);
  });

  it('fails with what it holds beside the run', async () => {
    const broken: ControlCheck = { check: async () => Promise.reject(new Error('the engine is gone')) };
    await expect(names(0, { probes: { control: broken } })).rejects.toThrow('the engine is gone');
  });
});
