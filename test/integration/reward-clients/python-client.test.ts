/** reward/clients/python/majlis_reward.py against the real server and service, in every way that trainers have of asking. */
import { join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../../../core/runtime/clock.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { RewardHttp } from '../../../reward/http/start-reward-http.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS } from '../../../reward/serving/reward-limits.js';
import { ACTIVE, ServedRewards } from '../../../reward/serving/served-rewards.js';
import { describeWithPython, runPythonBeside } from '../../support/python.js';
import { lengthReward, scoreLengths } from '../../support/served-reward.js';

const ANSWERS = z.record(z.string(), z.record(z.string(), z.unknown()));
const variables = { PYTHONPATH: join(packageRoot, 'reward/clients/python') };
const HASHES = { rubric_hash: 'rubric-1', reward_model_hash: 'model-1' };

describeWithPython('the Python client', () => {
  let server: RewardHttp;
  let told: z.infer<typeof ANSWERS>;

  beforeAll(async () => {
    const rewards = new ServedRewards();
    const reward = lengthReward({
      gate: (_, answer) => (answer === 'malformed' ? 'vetoed' : undefined),
      score: async (answers) =>
        (await scoreLengths(answers)).map((scored, at) =>
          answers[at].answer === 'abstained' ? { kind: 'abstained', reason: 'nobody can say' } : scored,
        ),
    });
    rewards.pointAlias(ACTIVE, rewards.load(reward));
    const service = createRewardService({ rewards, limits: DEFAULT_REWARD_LIMITS, clock: systemClock });
    server = await startRewardHttp({ service, log: new RecordingLogger() });
    const script = join(__dirname, 'ask_rewards.py');
    told = ANSWERS.parse(JSON.parse(await runPythonBeside(script, [server.url], variables)));
  });
  afterAll(() => server.close());

  it('gives every trainer the same number for an answer that was scored', () => {
    // (6 − 10) / 5.
    const reward = -0.8;
    expect(told['scored']).toMatchObject({
      plain: { kind: 'scored', reward, ...HASHES },
      ...{ verl: reward, verl_async: reward, trl: [reward], skyrl: reward, slime: [reward] },
      openrlhf: { rewards: [reward], scores: [1 / (1 + Math.exp(-reward))], extra_logs: { malformed: [0] } },
    });
  });

  it('gives None where a trainer knows that word and an error elsewhere for an abstention, and never a number', () => {
    const error = { error: 'abstained', status: null, unscored: false };
    expect(told['abstained']).toMatchObject({
      plain: { kind: 'abstained', reward: null, reason: 'nobody can say', ...HASHES },
      ...{ verl: error, verl_async: error, trl: [null], skyrl: error, slime: [null] },
      openrlhf: { error: 'failed_precondition', status: 422, unscored: true },
    });
  });

  it.each(['malformed', '\ud800'])(
    'pays the floor for what is the own fault of the policy (%j)',
    (answer) => {
      expect(told[answer]).toMatchObject({
        plain: { kind: 'policy_malformed', reward: -5, ...HASHES },
        ...{ verl: -5, verl_async: -5, trl: [-5], skyrl: -5, slime: [-5] },
        openrlhf: { rewards: [-5], extra_logs: { malformed: [1] } },
      });
    },
  );

  it('runs the plain example', async () => {
    const script = join(packageRoot, 'examples/trainers/plain/score.py');
    const lines = (await runPythonBeside(script, [server.url], variables)).trimEnd().split('\n');
    // 22 and 14 characters.
    expect(lines).toEqual(['scored 2.400 عاصمة الأردن هي عمّان.', 'scored 0.800 I do not know.']);
  });
});
