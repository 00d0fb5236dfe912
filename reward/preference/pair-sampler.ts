import { findEntities } from '../../core/domain/entity-mention.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { AnswerPair } from '../../core/domain/preference.js';
import type { Prompt } from '../../core/domain/prompt.js';
import type { Rng } from '../../core/math/rng.js';
import { contentHash } from '../../core/runtime/content-hash.js';

/** K answers of the policy to one prompt. */
export interface AnsweredPrompt {
  readonly prompt: Prompt;
  readonly answers: readonly string[];
}

export interface PairSampling {
  /** Pairs kept of each prompt at most. */
  readonly pairsPerPrompt: number;
  readonly profile: LocaleProfile;
  readonly rng: Rng;
}

export interface SampledPairs {
  readonly pairs: readonly AnswerPair[];
  /** Pairs left out because an answer mentions a name of the unseen half. */
  readonly droppedUnseen: number;
  /** Answers left out because the same text stood earlier in the group. */
  readonly droppedDuplicates: number;
}

/**
 * Pairs of different answers to one prompt, drawn without replacement, each way round equally often. A prompt's draw
 * depends on the random stream and its id alone, not on the other prompts.
 */
export function samplePairs(answered: readonly AnsweredPrompt[], sampling: PairSampling): SampledPairs {
  const pairs: AnswerPair[] = [];
  let droppedUnseen = 0;
  let droppedDuplicates = 0;
  for (const { prompt, answers } of answered) {
    const distinct = [...new Set(answers.map((answer) => answer.normalize('NFC')))];
    const seenOnly = distinct.filter((answer) => !mentionsUnseen(answer, sampling.profile));
    droppedDuplicates += answers.length - distinct.length;
    droppedUnseen += pairCount(distinct.length) - pairCount(seenOnly.length);
    const rng = sampling.rng.fork(prompt.id);
    const drawn = rng.shuffle(allPairs(seenOnly)).slice(0, sampling.pairsPerPrompt);
    for (const [a, b] of drawn) {
      const [first, second] = rng.integer(2) === 0 ? [a, b] : [b, a];
      pairs.push({ id: pairId(prompt, first, second), prompt, first, second });
    }
  }
  return { pairs, droppedUnseen, droppedDuplicates };
}

/** True when a text mentions a name that judges and reward models must not know. */
export function mentionsUnseen(text: string, profile: LocaleProfile): boolean {
  return findEntities(text, profile).some((mention) => mention.entry.half === 'unseen');
}

/** Names a pair by its content: the same prompt and answers have the same id in every run. */
export function pairId(prompt: Prompt, first: string, second: string): string {
  return contentHash([prompt.id, prompt.text, first, second]).slice(0, 24);
}

function pairCount(answers: number): number {
  return (answers * (answers - 1)) / 2;
}

function allPairs(answers: readonly string[]): [string, string][] {
  return answers.flatMap((first, at) =>
    answers.slice(at + 1).map((second): [string, string] => [first, second]),
  );
}
