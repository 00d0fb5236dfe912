/** TRL's GRPO, as it comes from PyPI, on our reward function and server: the trainer of examples/trainers/trl. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { RewardModel } from '../../../reward/model/reward-model.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { RewardHttp } from '../../../reward/http/start-reward-http.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS } from '../../../reward/serving/reward-limits.js';
import { ACTIVE, ServedRewards } from '../../../reward/serving/served-rewards.js';
import { corpus } from '../../fixtures/tokenizer/corpus.js';
import { describeWithPython, runPythonBeside } from '../../support/python.js';
import { lengthReward, scoreLengths } from '../../support/served-reward.js';

const STEP = z.object({
  prompts: z.array(z.string()),
  completions: z.array(z.string()),
  locales: z.array(z.string()),
  rewards: z.array(z.number().nullable()),
  advantages: z.array(z.number()),
  unscored: z.number(),
  mean: z.number(),
  finite: z.boolean(),
});
const TRAINED = z.object({ steps: z.array(STEP), moved: z.boolean() });

const GROUP = 4;
/** TRL divides by the group's deviation and this. */
const EPSILON = 1e-4;

/** The reward of test/support: length over 5, from 10 on; and nothing for answers of an even length. */
function expectedReward(answer: string): number | null {
  return answer.length % 2 === 0 ? null : Math.max(-5, Math.min(5, (answer.length - 10) / 5));
}

const oddLengths: RewardModel['score'] = async (answers) => {
  const scored = await scoreLengths(answers);
  return scored.map((outcome, at) =>
    answers[at].answer.length % 2 === 0 ? { kind: 'abstained', reason: 'an even length' } : outcome,
  );
};

/** Of one group: what has a reward, against those of its group that have one; 0 for the rest, and for one alone. */
function expectedAdvantages(rewards: readonly (number | null)[]): number[] {
  const scored = rewards.filter((reward) => reward !== null);
  if (scored.length < 2) return rewards.map(() => 0);
  const mean = scored.reduce((sum, reward) => sum + reward, 0) / scored.length;
  const squares = scored.reduce((sum, reward) => sum + (reward - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (scored.length - 1));
  return rewards.map((reward) => (reward === null ? 0 : (reward - mean) / (deviation + EPSILON)));
}

describeWithPython("TRL's GRPO on the reward", () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-grpo-'));
  let server: RewardHttp;
  let trained: z.infer<typeof TRAINED>;

  beforeAll(async () => {
    const tokenizer = trainTokenizer(corpus, { vocabSize: 320, specialTokens: SPECIAL_TOKENS });
    const config = { vocabSize: 320, contextLength: 128, layers: 1, width: 16, heads: 2 };
    const directory = join(folder, 'model');
    await writeModelDirectory({ directory, config, weights: initialWeights(config, 3), tokenizer });
    const rewards = new ServedRewards();
    rewards.pointAlias(ACTIVE, rewards.load(lengthReward({ score: oddLengths })));
    const service = createRewardService({ rewards, limits: DEFAULT_REWARD_LIMITS, clock: systemClock });
    server = await startRewardHttp({ service, log: new RecordingLogger() });
    const prompts = corpus.slice(0, 4).map((text) => ({ prompt: text, locale: 'ar' }));
    const args = [directory, server.url, join(folder, 'out'), JSON.stringify(prompts)];
    const folders = ['reward/clients/python', 'examples/trainers/trl'];
    const variables = { PYTHONPATH: folders.map((one) => join(packageRoot, one)).join(delimiter) };
    const script = join(__dirname, 'train_on_reward.py');
    trained = TRAINED.parse(JSON.parse(await runPythonBeside(script, args, variables)));
  }, 180_000);
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it('takes two steps that move the policy, with answers that the reward abstained on in each', () => {
    expect(trained.steps).toHaveLength(2);
    expect(trained.moved).toBe(true);
    for (const { finite, rewards } of trained.steps) {
      expect(finite).toBe(true);
      expect(rewards).toHaveLength(2 * GROUP);
      expect(rewards).toContain(null);
      expect(new Set(rewards.filter((reward) => reward !== null)).size).toBeGreaterThan(1);
    }
  });

  it('is told what each answer is worth, under the locale of its row, and None where nobody can say', () => {
    for (const { completions, rewards, locales } of trained.steps) {
      expect(rewards).toEqual(completions.map(expectedReward));
      expect(new Set(locales)).toEqual(new Set(['ar']));
    }
  });

  it('leaves an answer without a reward out of its group, and takes no advantage from it', () => {
    for (const { prompts, rewards, advantages } of trained.steps) {
      for (let start = 0; start < rewards.length; start += GROUP) {
        expect(new Set(prompts.slice(start, start + GROUP)).size).toBe(1);
        const expected = expectedAdvantages(rewards.slice(start, start + GROUP));
        advantages.slice(start, start + GROUP).forEach((one, at) => expect(one).toBeCloseTo(expected[at], 4));
      }
    }
  });

  it('logs the mean of what was scored, and the share that was not', () => {
    for (const { rewards, mean, unscored } of trained.steps) {
      const scored = rewards.filter((reward) => reward !== null);
      expect(mean).toBeCloseTo(scored.reduce((sum, reward) => sum + reward, 0) / scored.length, 5);
      expect(unscored).toBeCloseTo(1 - scored.length / rewards.length, 9);
    }
  });
});
