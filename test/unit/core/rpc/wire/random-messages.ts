import type { OutgoingParcel } from '../../../../../core/bus/bus.js';
import type { RolloutTask, TrajectoryGroup } from '../../../../../core/domain/trajectory.js';
import type { Rng } from '../../../../../core/math/rng.js';

/** Messages of every shape, with the values at which an encoding changes its length. */

const COUNTS = [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, 2 ** 32 - 1];
const SEEDS = [...COUNTS, 2 ** 32, 2 ** 35 - 1, 2 ** 35, 2 ** 42, 2 ** 49 - 1, 2 ** 49, 2 ** 53 - 1];
const NUMBERS = [0, -0, 1, -1 / 3, 5e-324, Number.MAX_VALUE, -1e-300];
const TEXTS = [
  'a',
  'مرحبا',
  '밥\ufffd',
  '\ufeffmark',
  '\ud83d\ude00',
  'x'.repeat(64),
  'x'.repeat(65),
  'é'.repeat(63),
  'y'.repeat(127),
  'z'.repeat(20_000),
];

export function randomTask(rng: Rng): RolloutTask {
  const prompt = { id: name(rng), locale: name(rng), text: text(rng) };
  return {
    ...{ id: name(rng), run: name(rng), iteration: one(rng, COUNTS) },
    prompt: {
      prompt: rng.integer(2) === 0 ? prompt : { ...prompt, category: text(rng) },
      tokenIds: [one(rng, COUNTS), ...list(rng, COUNTS)],
      tokenizerHash: name(rng),
      truncated: rng.integer(2) === 0,
    },
    ...{ groupSize: one(rng, COUNTS.slice(1)), policyVersion: one(rng, COUNTS), policyHash: name(rng) },
    ...{ rubricHash: name(rng), rewardModelHash: name(rng), seed: one(rng, SEEDS) },
    sampling: {
      maxNewTokens: one(rng, COUNTS.slice(1)),
      temperature: Math.abs(one(rng, NUMBERS)),
      stopTokenIds: list(rng, COUNTS),
    },
  };
}

export function randomGroup(rng: Rng): TrajectoryGroup {
  return {
    ...{ taskId: name(rng), policyHash: name(rng), engineFingerprint: name(rng) },
    trajectories: Array.from({ length: 1 + rng.integer(5) }, (_, index) => {
      const tokenIds = list(rng, COUNTS);
      return {
        ...{ index, tokenIds, text: text(rng) },
        logProbs: tokenIds.map(() => one(rng, NUMBERS)),
        finish: rng.integer(2) === 0 ? ('stop' as const) : ('length' as const),
      };
    }),
  };
}

export function randomParts(rng: Rng): OutgoingParcel['parts'] {
  return Array.from({ length: 1 + rng.integer(20) }, () => ({
    data: Uint8Array.from({ length: rng.integer(300) }, () => rng.integer(256)),
    headers: Object.fromEntries(list(rng, TEXTS).map(() => [name(rng), text(rng)])),
  }));
}

function name(rng: Rng): string {
  return one(rng, TEXTS);
}

function text(rng: Rng): string {
  return rng.integer(4) === 0 ? '' : one(rng, TEXTS);
}

function list<Value>(rng: Rng, values: readonly Value[]): Value[] {
  return Array.from({ length: rng.integer(4) * rng.integer(30) }, () => one(rng, values));
}

function one<Value>(rng: Rng, values: readonly Value[]): Value {
  return values[rng.integer(values.length)];
}
