import type { PolicyVersion } from '../../core/domain/policy.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { Engine } from '../../core/engine/engine.js';
import type { Rng } from '../../core/math/rng.js';
import type { ModelId, TokenBatch, Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import {
  packDemonstrations,
  type Demonstration,
} from '../../coordinator/supervised/supervised-fine-tuning.js';
import { sequenceSums } from '../../coordinator/supervised/sequence-sums.js';
import type { SupervisedCheckpoint } from './supervised-checkpoint.js';
import { sampleAnswers, type SampledAnswer } from './sample-answers.js';

/** A policy's one answer to a held-out prompt, and how far the policy is from the reference along it. */
export interface HeldOutAnswer extends SampledAnswer {
  readonly prompt: TokenizedPrompt;
  /** Exact KL to the SFT checkpoint summed over the answer's tokens, in nats. */
  readonly kl: number;
}

export interface PolicyEvaluation {
  readonly answers: readonly HeldOutAnswer[];
  /** Nats of each held-out reference answer. [reference] */
  readonly referenceNll: readonly number[];
  /** Answer tokens of each. [reference] */
  readonly referenceTokens: readonly number[];
}

export interface EvaluationInputs {
  readonly checkpoint: SupervisedCheckpoint;
  readonly prompts: readonly TokenizedPrompt[];
  readonly references: readonly Demonstration[];
  readonly sampling: SamplingSettings;
  readonly engines: readonly Engine[];
  readonly trainer: Trainer;
  readonly call: TrainerCall;
  /** The same stream for every policy, so that policies are compared on the same draws. */
  readonly rng: Rng;
}

const SEQUENCES_PER_CALL = 64;

/** Samples one answer per held-out prompt and measures KL and likelihood through the trainer. */
export async function evaluatePolicy(
  policy: PolicyVersion,
  inputs: EvaluationInputs,
): Promise<PolicyEvaluation> {
  const { checkpoint, prompts, engines, sampling, rng, trainer, call } = inputs;
  const plan = { policy, samples: 1, sampling, rng };
  const sampled = await sampleAnswers(prompts, plan, { engines, tokenizer: checkpoint.tokenizer });
  const modelId = await load(inputs, policy);
  const reference = await load(inputs, checkpoint.policy);
  try {
    const answers = sampled.map(({ prompt, answers: [answer] }) => ({ ...answer, prompt }));
    const demonstrations = answers.map(({ prompt, tokenIds }) => ({
      promptTokenIds: prompt.tokenIds,
      answerTokenIds: tokenIds,
    }));
    const kl = await answerSums(demonstrations, async (given) => {
      const batch = { ...given, temperature: sampling.temperature };
      const request = { modelId, batch, want: ['kl'] as const, against: reference };
      return (await trainer.forward({ ...call, expectedVersion: 0 }, request)).kl;
    });
    const logProbs = await answerSums(inputs.references, async (batch) => {
      const request = { modelId, batch, want: ['log_probs'] as const };
      return (await trainer.forward({ ...call, expectedVersion: 0 }, request)).logProbs;
    });
    return {
      answers: answers.map((answer, at) => ({ ...answer, kl: kl[at] })),
      referenceNll: logProbs.map((value) => -value),
      referenceTokens: inputs.references.map(({ answerTokenIds }) => answerTokenIds.length),
    };
  } finally {
    for (const id of [modelId, reference]) await trainer.deleteModel({ ...call, expectedVersion: 0 }, id);
  }
}

async function load({ trainer, call }: EvaluationInputs, policy: PolicyVersion): Promise<ModelId> {
  return trainer.createModel(call, { role: 'reference', base: policy.location, heads: 0, seed: 0 });
}

/** Sums a per-token array over each sequence's answer tokens. [sequence] */
async function answerSums(
  sequences: readonly Demonstration[],
  forward: (batch: TokenBatch) => Promise<Float32Array | undefined>,
): Promise<number[]> {
  const sums: number[] = [];
  for (let start = 0; start < sequences.length; start += SEQUENCES_PER_CALL) {
    const batch = packDemonstrations(sequences.slice(start, start + SEQUENCES_PER_CALL));
    sums.push(...sequenceSums(batch, await forward(batch)));
  }
  return sums;
}
