import type { ArmFigures } from '../../workers/evaluation/arm-figures.js';
import type { ArmCurves, ControlPoint, ReportData } from '../../workers/evaluation/report/report-data.js';

const share = (value: number): { value: number; low: number; high: number; n: number } => ({
  value,
  low: value - 0.05,
  high: value + 0.05,
  n: 240,
});

const curves: ArmCurves = {
  reward: [
    { iteration: 0, value: 0 },
    { iteration: 1, value: 0.5 },
  ],
  kl: [
    { iteration: 0, value: 0 },
    { iteration: 1, value: 1.5 },
  ],
  checks: [],
};

/** What a test may vary. */
export interface ReportVariation {
  readonly after?: string;
  readonly differenceLow?: number;
  /** Of the first arm. */
  readonly checks?: readonly ControlPoint[];
}

/** A complete report with the parts that a test wants to see varied. */
export function reportData({
  after = 'جواب',
  differenceLow = 0.1,
  checks = [],
}: ReportVariation): ReportData {
  const arm: ArmFigures = {
    localEntityShare: { before: share(0.5), after: share(0.8) },
    unseenMentionRate: { before: share(0.4), after: share(0.4) },
    targetMetric: { 'ar-msa': { before: share(0.5), after: share(0.9) } },
    winRate: share(0.8),
    winRateMinusPlacebo: { value: 0.3, low: differenceLow, high: 0.4, n: 240 },
    kl: { value: 4, low: 3.5, high: 4.5, n: 240 },
    heldOutNll: { before: 1.2, after: 1.25 },
    repetition: { before: 0.01, after: 0.01 },
    stuffing: { before: 0.05, after: 0.01 },
    policyHash: 'ab'.repeat(32),
  };
  const sample = { prompt: 'سؤال', before: 'قبل', after, probabilityAfter: 0.9 };
  return {
    title: 'Majlis',
    locale: 'ar',
    seed: 1,
    workers: 2,
    seconds: 180,
    peakMemoryBytes: 2 ** 30,
    feedbackSource: 'rule judges',
    rubrics: [{ id: 'ar-msa', version: '1.0.0', title: 'Modern Standard Arabic', hash: 'cd'.repeat(32) }],
    startedUnder: ['ar-msa'],
    arms: { rubricA: arm, swapped: arm, placebo: arm },
    curves: { rubricA: { ...curves, checks }, swapped: curves, placebo: curves },
    rewardModelAccuracy: { value: 0.9, lengthBaseline: 0.5, n: 200 },
    judges: [{ name: 'rule', accuracy: 0.95, n: 80 }],
    controlGoldAccuracy: 0.9,
    swap: { flippedPairs: [], flippedCount: 0, comparedPairs: 100 },
    groups: [{ arm: 'rubricA', group: 'ar/food', winRate: share(0.7), reward: share(0.25), kl: share(1.5) }],
    shadows: [],
    best: [sample],
    worst: [],
    truncatedPrompts: 0,
    cutAnswers: 0,
  };
}
