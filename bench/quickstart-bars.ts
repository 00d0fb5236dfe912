/**
 * The quickstart's bars, each as a figure beside the number that it has to reach. Ratios are above 1 where the bar is
 * kept with room to spare, whichever way it points.
 *
 * A rise counts where the interval after lies above the interval before. A figure that shall not rise may fall, or stay
 * within its interval.
 */
import type { BenchCase } from './bench-result.js';
import type { ArmSummary, ParsedSummary } from './quickstart-summary-schema.js';

const MOST_SECONDS = 240;
const MOST_BYTES = 1.5e9;
const MOST_KL = 6;
const MOST_NLL_RISE = 1.1;
const MOST_REPETITION_RISE = 0.02;
const LEAST_MENTIONS_KEPT = 2 / 3;
const LEAST_CONTROL_ACCURACY = 0.85;
const MOST_RATIO_DEVIATION = 1e-4;

type Intervals = ArmSummary['localEntityShare'];

/** Every bar of one quickstart. */
export function quickstartBars(summary: ParsedSummary): BenchCase[] {
  const { arms, ratioFirstMinibatch } = summary;
  const [rubricA, rubricB] = Object.keys(summary.rubricHashes);
  const deviation = Math.max(Math.abs(ratioFirstMinibatch.low - 1), Math.abs(ratioFirstMinibatch.high - 1));
  return [
    excludesZero('rubricA: win rate, real minus placebo', arms.rubricA.winRateMinusPlacebo),
    excludesZero('swapped: win rate, real minus placebo', arms.swapped.winRateMinusPlacebo),
    rises('rubricA: unseen-entity share rises', arms.rubricA.localEntityShare),
    staysDown('placebo: unseen-entity share does not rise', arms.placebo.localEntityShare),
    rises(`rubricA: ${rubricA} rises`, arms.rubricA.targetMetric[rubricA]),
    staysDown(`rubricA: ${rubricB} does not rise`, arms.rubricA.targetMetric[rubricB]),
    rises(`swapped: ${rubricB} rises`, arms.swapped.targetMetric[rubricB]),
    staysDown(`swapped: ${rubricA} does not rise`, arms.swapped.targetMetric[rubricA]),
    atLeast(
      `swapped: ends on ${rubricB}, above the arm without a swap`,
      'share',
      arms.swapped.targetMetric[rubricB].after.low,
      arms.rubricA.targetMetric[rubricB].after.high,
    ),
    ...(['rubricA', 'swapped', 'placebo'] as const).map((name) =>
      atMost(`${name}: KL`, 'nats per sequence', arms[name].kl.value, MOST_KL),
    ),
    ...(['rubricA', 'swapped'] as const).flatMap((name) => driftBars(name, arms[name])),
    ...Object.entries(summary.controlJudgeAccuracy).map(([rubric, accuracy]) =>
      atLeast(`control judge of ${rubric} on its gold`, 'share', accuracy, LEAST_CONTROL_ACCURACY),
    ),
    atMost('first minibatch: ratio off 1 by', 'ratio', deviation, MOST_RATIO_DEVIATION),
    atMost('time', 's', summary.seconds, MOST_SECONDS),
    atMost('peak memory', 'bytes', summary.peakMemoryBytes, MOST_BYTES),
  ];
}

/** What training may cost. */
function driftBars(name: string, arm: ArmSummary): BenchCase[] {
  const { heldOutNll, repetition, unseenMentionRate } = arm;
  return [
    atMost(`${name}: held-out NLL`, 'nats per token', heldOutNll.after, MOST_NLL_RISE * heldOutNll.before),
    atMost(`${name}: repetition`, 'share', repetition.after, repetition.before + MOST_REPETITION_RISE),
    atLeast(
      `${name}: unseen mention rate`,
      'share',
      unseenMentionRate.after.value,
      LEAST_MENTIONS_KEPT * unseenMentionRate.before.value,
    ),
  ];
}

/** Beside half the interval's width below the value: the difference is larger where the interval excludes 0. */
function excludesZero(name: string, { value, low }: ArmSummary['winRate']): BenchCase {
  return { ...atLeast(name, 'share', value, value - low), passed: low > 0 };
}

function rises(name: string, { before, after }: Intervals): BenchCase {
  return { ...atLeast(name, 'share', after.low, before.high), passed: after.low > before.high };
}

function staysDown(name: string, { before, after }: Intervals): BenchCase {
  return atMost(name, 'share', after.low, before.high);
}

function atLeast(name: string, unit: string, ours: number, peer: number): BenchCase {
  return { name, unit, ours, peer, peerName: 'at least', ratio: quotient(ours, peer), passed: ours >= peer };
}

function atMost(name: string, unit: string, ours: number, peer: number): BenchCase {
  return { name, unit, ours, peer, peerName: 'at most', ratio: quotient(peer, ours), passed: ours <= peer };
}

/** JSON has no infinity: what needs nothing is met a thousandfold at most. */
function quotient(better: number, worse: number): number {
  if (better === worse) return 1;
  return worse <= 0 ? 1000 : Math.min(better / worse, 1000);
}
