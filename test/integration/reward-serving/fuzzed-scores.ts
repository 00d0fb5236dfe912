/** Messages of RewardService as nobody should send them, most of them messages, some mere bytes. */
import type { Rng } from '../../../core/math/rng.js';
import { ScoreRequest, ScoreStreamRequest } from '../../../proto/gen/majlis/v1/reward.js';
import type * as wire from '../../../proto/gen/majlis/v1/reward.js';
import type { Canary } from './fuzzed-http.js';

const LARGEST = 2 ** 32 - 1;

/** A request by itself, encoded. */
export function fuzzedScore(rng: Rng, canary: Canary): Buffer {
  return spoiltBytes(rng, ScoreRequest.encode(scoreRequest(rng, canary)).finish());
}

/** What follows a hello on a stream, encoded. Numbers may come twice, or not at all. */
export function fuzzedStreamMessage(rng: Rng, canary: Canary): Buffer {
  const requests = Array.from({ length: rng.integer(4) }, () => ({
    number: rng.integer(12) === 0 ? undefined : [rng.integer(100), LARGEST, 0][rng.integer(3)],
    request: rng.integer(12) === 0 ? undefined : scoreRequest(rng, canary),
  }));
  return spoiltBytes(
    rng,
    ScoreStreamRequest.encode({ message: { $case: 'scores', value: { requests } } }).finish(),
  );
}

function scoreRequest(rng: Rng, canary: Canary): wire.ScoreRequest {
  const isAlias = rng.integer(4) > 0;
  return {
    alias: isAlias ? ['active', 'active', 'nobody', canary, 'x'.repeat(2000)][rng.integer(5)] : '',
    rubricHash: isAlias ? '' : oddText(rng, canary),
    rewardModelHash: rng.integer(4) > 0 ? '' : oddText(rng, canary),
    items: Array.from({ length: rng.integer(3) }, () => item(rng, canary)),
    deadlineMs: [undefined, undefined, undefined, 0, 1, 60_000, LARGEST][rng.integer(7)],
  };
}

function item(rng: Rng, canary: Canary): wire.ScoreItem {
  const locale = ['', '', '', 'en', 'zz-', 'ar', '\u0000', canary][rng.integer(8)];
  const category = rng.integer(6) === 0 ? oddText(rng, canary) : undefined;
  return {
    prompt: rng.integer(12) === 0 ? undefined : { id: canary, locale, text: oddText(rng, canary), category },
    promptTokenIds: tokens(rng),
    answers: Array.from({ length: rng.integer(4) }, () => ({
      text: rng.integer(12) === 0 ? undefined : oddText(rng, canary),
      tokenIds: tokens(rng),
    })),
  };
}

function tokens(rng: Rng): number[] {
  if (rng.integer(4) > 0) return [];
  return Array.from({ length: rng.integer(40) }, () => [rng.integer(500), LARGEST][rng.integer(2)]);
}

function oddText(rng: Rng, canary: Canary): string {
  const texts = [
    '',
    canary,
    `An answer for ${canary}.`,
    `${canary}\u0000`,
    `${canary}\u202e`,
    '😀'.repeat(99),
  ];
  return [...texts, `${canary} `.repeat(rng.integer(900)), '\ud800', '\n'.repeat(500)][
    rng.integer(texts.length + 3)
  ];
}

function spoiltBytes(rng: Rng, message: Uint8Array): Buffer {
  const bytes = Buffer.from(message);
  switch (rng.integer(16)) {
    case 0:
      return bytes.subarray(0, rng.integer(bytes.length + 1));
    case 1:
      if (bytes.length > 0) bytes[rng.integer(bytes.length)] = rng.integer(256);
      return bytes;
    case 2:
      return Buffer.from(Array.from({ length: rng.integer(200) }, () => rng.integer(256)));
    default:
      return bytes;
  }
}
