/** The server as users start it, with the requests that trainers send. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { stringify } from 'yaml';
import { systemClock } from '../../../core/runtime/clock.js';
import { digestOf } from '../../../core/trust/authorize.js';
import { saveLightReward } from '../../../reward/model/light/light-artifact.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import type { StoredLightReward } from '../../../reward/model/light/light-artifact.js';
import { RewardClient } from '../../../reward/rpc/reward-client.js';
import { simulateJudgedTexts } from '../../support/judged-texts.js';
import { scoresOf, trainShipped } from '../../support/light-training.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { RewardServer } from './reward-server.js';

const folder = useLastingFolder();
const TRAINER = 'a-token-of-a-team-that-trains';
const READER = 'a-token-of-somebody-who-reads';
const PROMPT = 'أين أسافر في الصيف؟';
const ANSWER = 'أنصحك بزيارة أسوان، فهي مدينة جميلة على ضفاف النيل.';

const models = new Map<string, StoredLightReward>();
let server: RewardServer;

async function saveModel(rubricId: string, name: string): Promise<void> {
  const { reward } = await trainShipped(rubricId, simulateJudgedTexts(20, { seed: 3, lengthBias: 0 }));
  await saveLightReward(join(folder(), name), reward);
  models.set(name, reward);
}

function write(name: string, content: object): string {
  const path = join(folder(), name);
  writeFileSync(path, stringify(content));
  return path;
}

const limits = { callers: { team: { answersPerDay: 1000 } } };

beforeAll(async () => {
  await saveModel('ar-msa', 'msa');
  await saveModel('ar-egyptian', 'egyptian');
  const tokens = [
    { name: 'team', role: 'trainer', sha256: digestOf(TRAINER).toString('hex') },
    { name: 'eye', role: 'reader', sha256: digestOf(READER).toString('hex') },
  ];
  const config = write('rewards.yaml', { rewards: { active: { rubric: 'ar-msa', model: 'msa' } }, limits });
  server = await RewardServer.start(['--config', config, '--tokens', write('tokens.yaml', { tokens })]);
});

function post(path: string, body: unknown, token: string | undefined = TRAINER): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

const plain = (...answers: readonly string[]): object => ({
  items: [{ prompt: PROMPT, answers: answers.map((text) => ({ text })) }],
});

const hashesOf = (name: string): object => ({
  rubric_hash: models.get(name)?.rubric.hash,
  reward_model_hash: models.get(name)?.hash,
});

/** What the model itself says, in its own process. */
async function expected(name: string): Promise<number> {
  const stored = models.get(name);
  if (stored === undefined) throw new Error(`${name} was not saved`);
  const prompt = { id: 'p', locale: stored.rubric.locale, text: PROMPT };
  const [{ mean }] = await scoresOf(createLightRewardModel(stored), prompt, [ANSWER]);
  return mean;
}

describe('majlis reward serve', () => {
  it('says what it serves, where, and that it is ready', async () => {
    expect(server.lines[0]).toMatch(/^majlis: active is rubric ar-msa \(\w{12}\), light model \w{12}$/);
    expect((await fetch(`${server.health}/readyz`)).status).toBe(200);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  });

  it('pays what the model says up to ±5, in the words of a trainer and in its own', async () => {
    const raw = await expected('msa');
    const reward = Math.max(-5, Math.min(5, raw));
    const openRlhf = await post('/get_reward', { query: [PROMPT + ANSWER], prompts: [PROMPT], labels: [''] });
    expect(await openRlhf.json()).toMatchObject({ rewards: [expect.closeTo(reward, 6)] });
    const own = await post('/v1/score', plain(ANSWER));
    expect(await own.json()).toEqual({
      ...hashesOf('msa'),
      outcomes: [[{ kind: 'scored', reward: expect.closeTo(reward, 6), raw: expect.closeTo(raw, 6) }]],
    });
  });

  it('pays the same over gRPC', async () => {
    const client = new RewardClient({
      ...{ address: server.grpc, token: TRAINER, clock: systemClock, software: 'test' },
    });
    const items = [{ prompt: PROMPT, answers: [{ text: ANSWER }] }];
    const { rewardModelHash, outcomes } = await client.ask({ reward: { alias: 'active' }, items });
    client.close();
    expect(rewardModelHash).toBe(models.get('msa')?.hash);
    expect(outcomes).toMatchObject([[{ score: { raw: expect.closeTo(await expected('msa'), 6) } }]]);
  });

  it.each([
    ['no token', undefined, 401],
    ['a wrong token', 'a-token-that-nobody-has-given', 401],
    ['the token of a reader', READER, 403],
  ])('refuses %s', async (_, token, status) => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const body = JSON.stringify(plain(ANSWER));
    expect((await fetch(`${server.url}/v1/score`, { method: 'POST', headers, body })).status).toBe(status);
  });

  it('counts who asked and what was told, and shows no text', async () => {
    const text = await (await fetch(server.metrics)).text();
    expect(text).toMatch(/majlis_reward_requests_total\{caller="team",outcome="ok"\} [1-9]/);
    expect(text).toMatch(/majlis_reward_http_requests_total\{contract="openrlhf",status="200"\} 1/);
    expect(text).toMatch(/majlis_reward_alias_info\{alias="active",rubric="ar-msa"/);
    expect(text).toContain('majlis_build_info');
    expect(text + server.lines.join()).not.toContain('أسوان');
  });

  it('follows its file: what an alias names changes without a restart', async () => {
    write('rewards.yaml', { rewards: { active: { model: 'egyptian' } }, limits });
    await server.said(/took up .*rewards\.yaml again/);
    const reply = await (await post('/v1/score', plain(ANSWER))).json();
    expect(reply).toMatchObject(hashesOf('egyptian'));
    const gone = await post('/v1/score', { reward: hashesOf('msa'), ...plain(ANSWER) });
    expect(gone.status).toBeGreaterThanOrEqual(400);
    expect(await gone.text()).toContain('is not loaded');
    const counted = await (await fetch(server.metrics)).text();
    expect(counted).toContain('majlis_reward_reloads_total{outcome="taken"} 1\n');
  });

  it('finishes what it was asked when it is told to stop, and leaves with 0', async () => {
    const many = Array.from({ length: 900 }, (_, at) => `${ANSWER} ${at} ${'جميل جدا '.repeat(40)}`);
    const asked = post('/v1/score', plain(...many));
    while (!/requests_waiting [1-9]/.test(await (await fetch(server.metrics)).text())) await setImmediate();
    const ended = server.stop();
    const reply: unknown = await (await asked).json();
    expect(reply).toMatchObject({ outcomes: [{ length: 900 }] });
    const { status, stdout } = await ended;
    expect(JSON.parse(stdout)).toEqual({ http: server.url, grpc: server.grpc });
    expect(status).toBe(0);
  });
});
