import type { PolicyVersion } from '../core/domain/policy.js';
import type { TokenizedPrompt } from '../core/domain/prompt.js';
import type { Engine, GeneratedSequence } from '../core/engine/engine.js';
import type { AnswerDecoder } from '../workers/rollout/answer-task.js';

/** Rollouts that cost nothing to make: what is measured is the way of a task and its result, which has 2 KB on the wire. */

export const NULL_POLICY: PolicyVersion = { version: 0, hash: '0'.repeat(64), location: 'nowhere' };
export const NULL_FINGERPRINT = 'null/1';
export const GROUP = 4;
export const SAMPLING = { maxNewTokens: 40, temperature: 1, stopTokenIds: [0] };

const ANSWER: GeneratedSequence = {
  tokenIds: Array.from({ length: SAMPLING.maxNewTokens }, (_, at) => 128 + ((at * 97) % 16_000)),
  logProbs: Array.from({ length: SAMPLING.maxNewTokens }, (_, at) => -at / 64),
  finish: 'length',
};

const ANSWERS: readonly GeneratedSequence[] = Array.from({ length: GROUP }, () => ANSWER);
const DECODED = {
  text: 'an answer of some words, as long as such answers are on average in this place',
};

/** Gives the same answers at once. */
export class NullEngine implements Engine {
  readonly fingerprint = NULL_FINGERPRINT;
  readonly deterministic = true;
  readonly contextLength = 1024;

  async load(): Promise<void> {}

  async generate(): Promise<readonly GeneratedSequence[]> {
    return ANSWERS;
  }

  async close(): Promise<void> {}
}

export const nullDecoder: AnswerDecoder = {
  hash: 'tokenizer',
  decodeAnswer: () => DECODED,
};

/** A prompt of ordinary length. */
export function nullPrompt(at: number): TokenizedPrompt {
  return {
    prompt: { id: `prompt-${at}`, locale: 'ar', text: 'a question of some words, as people ask them' },
    tokenIds: Array.from({ length: 24 }, (_, place) => 128 + place),
    tokenizerHash: nullDecoder.hash,
    truncated: false,
  };
}
