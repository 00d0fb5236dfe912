import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { EvaluationInputs } from './evaluate-policy.js';
import type { ProgressListener } from './progress.js';
import { sampleAnswers, type SampledAnswer } from './sample-answers.js';

export interface BestOfNInputs extends Pick<
  EvaluationInputs,
  'prompts' | 'rng' | 'checkpoint' | 'engines' | 'sampling'
> {
  /** What answers to a prompt are picked by. [answer] */
  readonly score: (
    prompt: TokenizedPrompt,
    answers: readonly SampledAnswer[],
  ) => readonly number[] | Promise<readonly number[]>;
  readonly onProgress: ProgressListener;
}

const ANSWERS_PER_REQUEST = 32;

/**
 * The best of n of the checkpoint's answers to each prompt, the first of equals, for each n that is asked for: the smaller
 * ones among the first answers of the larger. Sampled a few at a time. By n: [prompt]
 */
export async function bestOfN(
  sizes: readonly number[],
  inputs: BestOfNInputs,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { prompts, rng, checkpoint, engines, sampling, score, onProgress } = inputs;
  const all = Math.max(0, ...sizes);
  const best = prompts.map(() => ({ text: '', score: -Infinity }));
  const picked = new Map(sizes.map((n) => [n, prompts.map(() => '')]));
  for (let drawn = 0; drawn < all; drawn += ANSWERS_PER_REQUEST) {
    const samples = Math.min(ANSWERS_PER_REQUEST, all - drawn);
    const plan = { policy: checkpoint.policy, samples, sampling, rng: rng.fork(`best of n/${drawn}`) };
    const sampled = await sampleAnswers(prompts, plan, { engines, tokenizer: checkpoint.tokenizer });
    for (const [at, { prompt, answers }] of sampled.entries()) {
      const scores = await score(prompt, answers);
      for (const [place, { text }] of answers.entries()) {
        if (scores[place] > best[at].score) best[at] = { text, score: scores[place] };
        const texts = picked.get(drawn + place + 1);
        if (texts !== undefined) texts[at] = best[at].text;
      }
    }
    onProgress({ stage: `best of ${all}`, done: drawn + samples, all, unit: 'answers per prompt' });
  }
  return picked;
}
