import { quickstartBars } from '../../../bench/quickstart-bars.js';
import type { ParsedSummary } from '../../../bench/quickstart-summary-schema.js';

type Arm = ParsedSummary['arms']['rubricA'];

const around = (value: number): Arm['winRate'] => ({ value, low: value - 0.05, high: value + 0.05, n: 240 });
const fromTo = (before: number, after: number): Arm['localEntityShare'] => ({
  before: around(before),
  after: around(after),
});

function arm(overrides: Partial<Arm> = {}): Arm {
  return {
    localEntityShare: fromTo(0.4, 0.7),
    unseenMentionRate: fromTo(0.3, 0.25),
    targetMetric: { msa: fromTo(0.4, 0.9), egyptian: fromTo(0.4, 0.1) },
    winRate: around(0.8),
    winRateMinusPlacebo: around(0.2),
    kl: around(4),
    heldOutNll: { before: 1, after: 1.05 },
    repetition: { before: 0.01, after: 0.02 },
    ...overrides,
  };
}

const swapped = arm({ targetMetric: { msa: fromTo(0.4, 0.35), egyptian: fromTo(0.4, 0.6) } });
const placebo = arm({ localEntityShare: fromTo(0.4, 0.42), targetMetric: {} });

function missed(overrides: Partial<ParsedSummary>): string[] {
  const summary: ParsedSummary = {
    seconds: 200,
    arms: { rubricA: arm(), swapped, placebo },
    rewardModelAccuracy: { value: 0.8, lengthBaseline: 0.5 },
    controlJudgeAccuracy: { msa: 0.9, egyptian: 0.88 },
    rubricHashes: { msa: 'a', egyptian: 'b' },
    ratioFirstMinibatch: { low: 0.99999, high: 1.00001 },
    peakMemoryBytes: 1e9,
    ...overrides,
  };
  const bars = quickstartBars(summary);
  // The ratio says the same as the verdict, and JSON can hold it.
  for (const { passed, ratio } of bars) {
    expect(ratio >= 1).toBe(passed);
    expect(Number.isFinite(ratio)).toBe(true);
  }
  return bars.filter(({ passed }) => passed === false).map(({ name }) => name);
}

const withArm = (changed: Partial<Arm>): Partial<ParsedSummary> => ({
  arms: { rubricA: arm(changed), swapped, placebo },
});

describe('the bars of the quickstart', () => {
  it('are all kept by a run that does what the quickstart claims', () => {
    expect(missed({})).toEqual([]);
  });

  it.each([
    [withArm({ winRateMinusPlacebo: around(0.04) }), 'rubricA: win rate, real minus placebo'],
    [withArm({ winRateMinusPlacebo: around(-0.3) }), 'rubricA: win rate, real minus placebo'],
    [withArm({ localEntityShare: fromTo(0.4, 0.49) }), 'rubricA: unseen-entity share rises'],
    [withArm({ kl: around(6.1) }), 'rubricA: KL'],
    [withArm({ heldOutNll: { before: 2, after: 2.21 } }), 'rubricA: held-out NLL'],
    [withArm({ repetition: { before: 0, after: 0.021 } }), 'rubricA: repetition'],
    [withArm({ unseenMentionRate: fromTo(0.3, 0.19) }), 'rubricA: unseen mention rate'],
    [withArm({ targetMetric: { msa: fromTo(0.4, 0.45), egyptian: fromTo(0.4, 0.1) } }), 'rubricA: msa rises'],
    [{ arms: { rubricA: arm(), swapped, placebo: arm() } }, 'placebo: unseen-entity share does not rise'],
    [{ seconds: 241 }, 'time'],
    [{ peakMemoryBytes: 1.51e9 }, 'peak memory'],
    [{ controlJudgeAccuracy: { msa: 0.84 } }, 'control judge of msa on its gold'],
    [{ ratioFirstMinibatch: { low: 0.9998, high: 1 } }, 'first minibatch: ratio off 1 by'],
  ] as const)('miss one bar for one fault: %j', (fault, bar) => {
    expect(missed(fault)).toEqual([bar]);
  });

  it('miss three where the swapped arm stayed on the first rubric', () => {
    expect(missed({ arms: { rubricA: arm(), swapped: arm(), placebo } })).toEqual([
      'swapped: egyptian rises',
      'swapped: msa does not rise',
      'swapped: ends on egyptian, above the arm without a swap',
    ]);
  });
});
