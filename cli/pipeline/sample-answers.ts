import type { PolicyVersion } from '../../core/domain/policy.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { Engine, GeneratedSequence } from '../../core/engine/engine.js';
import type { Rng } from '../../core/math/rng.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';

/** One sampled answer, as ids and as text. */
export interface SampledAnswer {
  readonly tokenIds: readonly number[];
  readonly text: string;
  /** True where it was cut at the token limit in the middle of a character. */
  readonly cutCharacter: boolean;
}

export interface SampledPrompt {
  readonly prompt: TokenizedPrompt;
  readonly answers: readonly SampledAnswer[];
}

export interface SamplingPlan {
  readonly policy: PolicyVersion;
  readonly samples: number;
  readonly sampling: SamplingSettings;
  /** Each prompt draws from its own stream, so neither order nor number of engines matters. */
  readonly rng: Rng;
}

/** Answers every prompt, spread over the engines; the result is in the order of the prompts. */
export async function sampleAnswers(
  prompts: readonly TokenizedPrompt[],
  plan: SamplingPlan,
  { engines, tokenizer }: { engines: readonly Engine[]; tokenizer: ChatTokenizer },
  onAnswered: (done: number) => void = () => undefined,
): Promise<SampledPrompt[]> {
  const results: SampledPrompt[] = [];
  let next = 0;
  let done = 0;
  const work = async (engine: Engine): Promise<void> => {
    await engine.load(plan.policy);
    while (next < prompts.length) {
      const at = next++;
      const prompt = prompts[at];
      const sequences = await engine.generate({
        policyHash: plan.policy.hash,
        promptTokenIds: prompt.tokenIds,
        samples: plan.samples,
        sampling: plan.sampling,
        seed: plan.rng.fork(prompt.prompt.id).uint32(),
      });
      results[at] = { prompt, answers: sequences.map((sequence) => answerOf(sequence, tokenizer)) };
      done += 1;
      onAnswered(done);
    }
  };
  await Promise.all(engines.map(work));
  return results;
}

function answerOf({ tokenIds, finish }: GeneratedSequence, tokenizer: ChatTokenizer): SampledAnswer {
  const spoken = finish === 'stop' ? tokenIds.slice(0, -1) : tokenIds;
  return { tokenIds, ...tokenizer.decodeAnswer(spoken) };
}
