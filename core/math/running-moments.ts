/**
 * Count, mean and spread of a stream of numbers, one at a time, without keeping them (Welford 1962; merging by Chan,
 * Golub & LeVeque 1983). Moments are plain data that never change, so a checkpoint can hold them.
 */
import { requireFinite } from './argument-checks.js';

export interface RunningMoments {
  readonly count: number;
  /** 0 while count is 0. */
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly squaredDeviations: number;
}

export const noMoments: RunningMoments = { count: 0, mean: 0, squaredDeviations: 0 };

/** The moments after one more number. */
export function withValue(moments: RunningMoments, value: number): RunningMoments {
  requireFinite('A value of running moments', value);
  const count = moments.count + 1;
  const delta = value - moments.mean;
  const mean = moments.mean + delta / count;
  return { count, mean, squaredDeviations: moments.squaredDeviations + delta * (value - mean) };
}

/** The moments of both streams together. */
export function mergedMoments(left: RunningMoments, right: RunningMoments): RunningMoments {
  if (left.count === 0) return right;
  const count = left.count + right.count;
  const delta = right.mean - left.mean;
  const mean = left.mean + (delta * right.count) / count;
  const between = (delta * delta * left.count * right.count) / count;
  return { count, mean, squaredDeviations: left.squaredDeviations + right.squaredDeviations + between };
}

/** The sample standard deviation (n − 1), or undefined with fewer than two numbers. */
export function standardDeviation(moments: RunningMoments): number | undefined {
  return moments.count < 2 ? undefined : Math.sqrt(moments.squaredDeviations / (moments.count - 1));
}
