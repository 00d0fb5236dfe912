import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { LONGEST_TEXT } from '../judge/answer-limits.js';

/** A quarter of the time of the one below, and nearly no text has any. */
const ANY_SURROGATE = /[\ud800-\udfff]/;
/** Half of a surrogate pair: the text is no Unicode, and no two encoders agree on it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The outcome of an answer that no model can be shown, undefined of any other. What is wrong with the prompt is not the policy's
 * fault: that is a judge that cannot judge, and asking again does not help.
 */
export function unreadableAnswer(prompt: string, answer: string): Outcome<Reward> | undefined {
  const ofPrompt = unreadable('prompt', prompt);
  if (ofPrompt !== undefined) return { kind: 'judge_failed', reason: ofPrompt, retryable: false };
  const reason = unreadable('answer', answer);
  return reason === undefined ? undefined : { kind: 'policy_malformed', reason };
}

function unreadable(what: string, text: string): string | undefined {
  if (text.length > LONGEST_TEXT) {
    return `the ${what} has ${text.length} characters; at most ${LONGEST_TEXT} are read`;
  }
  if (!ANY_SURROGATE.test(text) || !LONE_SURROGATE.test(text)) return undefined;
  return `the ${what} has a lone surrogate at ${text.search(LONE_SURROGATE)}: it is no Unicode text`;
}
