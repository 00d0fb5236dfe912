import { join } from 'node:path';
import { klOfBestOf } from '../../../cli/pipeline/best-of-n-size.js';
import {
  compareWithBestOfN,
  type BestOfNComparison,
  type PromptJudging,
} from '../../../cli/commands/eval/compare-with-best-of-n.js';
import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import type { Tokenizer } from '../../../core/network/tokenizer/tokenizer.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../../core/tokens/embedded-chat-tokenizer.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { createAnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { promptOf, shippedRubric } from '../../support/reward-fixtures.js';
import { arabic } from '../../support/small-locales.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const texts = ['أين أسافر؟', 'سافر إلى أسوان', 'ماذا آكل؟', 'كل الكشري في القاهرة'];

/** Asks for Arabic letters alone and rules nothing out, so that random answers differ in score. */
async function scriptRubric(): Promise<Rubric> {
  const rubric = await shippedRubric('ar-msa');
  const [script] = rubric.criteria.filter(({ evaluator }) => evaluator === 'script-share');
  return { ...rubric, criteria: [{ ...script, veto: { threshold: -1 } }] };
}

describe('a policy against best-of-n of its reference', () => {
  const folder = useTemporaryFolder();
  let tokenizer: Tokenizer;
  let engine: EmbeddedEngine;
  let trainer: EmbeddedTrainer;

  beforeAll(async () => {
    tokenizer = trainTokenizer(texts, { vocabSize: 300, specialTokens: SPECIAL_TOKENS });
    engine = await EmbeddedEngine.open();
    trainer = EmbeddedTrainer.create({ threads: 1 });
  });
  afterAll(async () => {
    await engine.close();
    await trainer.close();
  });

  /** A random model; `sharpness` multiplies its output matrix, so that it is further from uniform. */
  async function model(name: string, sharpness: number): Promise<PolicyVersion> {
    const directory = join(folder(), name);
    const shape = { layers: 1, width: 16, heads: 2, vocabSize: tokenizer.vocabSize, contextLength: 64 };
    const weights = initialWeights(shape, 5);
    weights.set(
      'lm_head.weight',
      (weights.get('lm_head.weight') ?? new Float32Array()).map((value) => value * sharpness),
    );
    const { sha256: hash } = await writeModelDirectory({ directory, config: shape, weights, tokenizer });
    return { version: 1, hash, location: directory };
  }

  async function compare(
    policy: PolicyVersion,
    reference: PolicyVersion,
    judge: PromptJudging['judge'],
  ): Promise<BestOfNComparison> {
    const prompts = Array.from({ length: 24 }, (_, at) => promptOf(arabic, texts[0], `p${at}`));
    const chat = new EmbeddedChatTokenizer(tokenizer);
    const rubric = await scriptRubric();
    const scoreAnswer = createAnswerScorer(rubric, arabic);
    return compareWithBestOfN({
      policy,
      evaluation: {
        checkpoint: { policy: reference, tokenizer: chat },
        prompts: prompts.map((prompt) => chat.tokenizePrompt(prompt, 40)),
        sampling: { maxNewTokens: 12, temperature: 1, stopTokenIds: chat.stopTokenIds },
        engines: [engine],
        trainer,
        call: { run: 'eval', epoch: 1 },
        rng: createRng(11),
      },
      judging: () => ({ rubric, scoreAnswer, judge }),
      mostAnswers: 40,
      onProgress: () => undefined,
    });
  }

  it('calls a policy that never moved a draw with one answer of its reference', async () => {
    const same = await model('same', 1);
    const { n, kl, rubricScore, winRate } = await compare(same, same, {
      probabilityFirst: (_prompt, first, second) => (first === second ? 0.5 : 1),
    });
    expect(n).toBe(1);
    expect(kl).toMatchObject({ policy: { value: 0, n: 24 }, bestOfN: 0 });
    expect(winRate.policy.value).toBe(0.5);
    expect(rubricScore.policy.value).toBe(rubricScore.reference.value);
  });

  it('draws as many answers as the KL of the policy asks for, and picks by the rubric', async () => {
    const reference = await model('reference', 1);
    const moved = await model('moved', 30);
    const { n, kl, rubricScore, winRate } = await compare(moved, reference, {
      probabilityFirst: () => 1,
    });
    expect(kl.policy.value).toBeGreaterThan(klOfBestOf(33));
    expect(n).toBe(40);
    expect(kl.bestOfN).toBeCloseTo(Math.log(40) - 39 / 40, 12);
    expect(rubricScore.bestOfN.value).toBeGreaterThan(rubricScore.reference.value);
    expect(winRate.policyMinusBestOfN).toMatchObject({ value: 0, low: 0, high: 0, n: 24 });
  });
});
