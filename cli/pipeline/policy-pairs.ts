import type { LocaleProfile } from '../../core/domain/locale.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { Engine } from '../../core/engine/engine.js';
import { MajlisError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import type { AnswerEncoder } from '../../reward/model/encoded-pair.js';
import { samplePairs, type SampledPairs } from '../../reward/preference/pair-sampler.js';
import { sampleAnswers, type SampledPrompt } from './sample-answers.js';

export interface PolicyPairsPlan {
  readonly prompts: readonly TokenizedPrompt[];
  readonly answersPerPrompt: number;
  readonly pairsPerPrompt: number;
  readonly sampling: SamplingSettings;
  readonly profile: LocaleProfile;
  readonly tokenizer: ChatTokenizer;
  readonly engines: readonly Engine[];
  readonly rng: Rng;
  /** Called with the prompts answered so far. */
  readonly onAnswered?: (done: number) => void;
}

/** What a policy answers to every prompt, paired for judging. */
export interface PolicyPairs {
  readonly sampled: readonly SampledPrompt[];
  readonly pairs: SampledPairs;
  readonly encode: AnswerEncoder;
}

/** Samples a policy's answers and pairs them. The same plan and policy give the same pairs on any number of engines. */
export async function samplePolicyPairs(policy: PolicyVersion, plan: PolicyPairsPlan): Promise<PolicyPairs> {
  const { prompts, answersPerPrompt: samples, pairsPerPrompt, sampling, profile, rng } = plan;
  const sampled = await sampleAnswers(
    prompts,
    { policy, samples, sampling, rng: rng.fork('answers') },
    plan,
    plan.onAnswered,
  );
  const pairs = samplePairs(
    sampled.map(({ prompt, answers }) => ({
      prompt: prompt.prompt,
      answers: answers.map(({ text }) => text),
    })),
    { pairsPerPrompt, profile, rng: rng.fork('sampling') },
  );
  return { sampled, pairs, encode: encoderOf(sampled) };
}

/** Asks the first encoder, and the second for what the first does not know. */
export function eitherEncoder(first: readonly SampledPrompt[], second: AnswerEncoder): AnswerEncoder {
  const known = encodings(first);
  return (prompt, answer) => known.get(keyOf(prompt.id, answer)) ?? second(prompt, answer);
}

/** What was sampled is what is scored: texts are mapped back to the ids that they came from, never tokenized again. */
function encoderOf(sampled: readonly SampledPrompt[]): AnswerEncoder {
  return eitherEncoder(sampled, (prompt, answer) => {
    throw new MajlisError(`No sampled answer to ${prompt.id} reads "${answer}".`, { code: 'internal' });
  });
}

function encodings(sampled: readonly SampledPrompt[]): ReadonlyMap<string, ReturnType<AnswerEncoder>> {
  const byText = new Map<string, ReturnType<AnswerEncoder>>();
  for (const { prompt, answers } of sampled) {
    for (const { text, tokenIds } of answers) {
      const whole = { tokenIds: [...prompt.tokenIds, ...tokenIds], answerLength: tokenIds.length };
      byText.set(keyOf(prompt.prompt.id, text), whole);
    }
  }
  return byText;
}

function keyOf(promptId: string, text: string): string {
  return `${promptId}\n${text.normalize('NFC')}`;
}
