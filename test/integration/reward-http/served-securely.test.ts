import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { systemClock } from '../../../core/runtime/clock.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { contextOf } from '../../../core/http/tls-context.js';
import { authorizeBy, digestOf } from '../../../core/trust/authorize.js';
import { CertificateFiles } from '../../../core/trust/certificate-files.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { RewardHttp } from '../../../reward/http/start-reward-http.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS } from '../../../reward/serving/reward-limits.js';
import { ServedRewards } from '../../../reward/serving/served-rewards.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { lengthReward } from '../../support/served-reward.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

describe('rewards served under TLS to clients with certificates', () => {
  const folder = useLastingFolder();
  const authority = makeAuthority('a CA');
  let server: RewardHttp;

  const open = (name: string): Promise<CertificateFiles> => {
    const leaf = makeLeaf(authority, { commonName: name, names: ['IP:127.0.0.1'] });
    const ca = join(folder(), 'ca.pem');
    writeFileSync(ca, authority.pem);
    return CertificateFiles.open({ ca, ...writeLeaf(folder(), name, leaf) }, { clock: systemClock });
  };

  beforeAll(async () => {
    const rewards = new ServedRewards();
    rewards.pointAlias('active', rewards.load(lengthReward()));
    const caller = (name: string) => (name === 'trl' ? { answersPerSecond: 0.001, burst: 3 } : {});
    server = await startRewardHttp({
      service: createRewardService({
        rewards,
        limits: { ...DEFAULT_REWARD_LIMITS, caller },
        clock: systemClock,
      }),
      log: new RecordingLogger(),
      tls: await open('server'),
      authorize: authorizeBy(() => ({
        tokens: [{ name: 'verl', role: 'researcher', sha256: digestOf('verl-token') }],
        certificates: [{ name: 'trl', role: 'trainer', subject: 'trl-pod' }],
      })),
    });
  });

  afterAll(() => server.close());

  interface Reply {
    readonly status: number | undefined;
    readonly retryAfter: string | undefined;
    readonly body: string;
  }

  function ask(path: string, answers: number, as?: CertificateFiles, token?: string): Promise<Reply> {
    const items = [{ prompt: 'Who?', answers: Array(answers).fill({ text: 'It was I, of course' }) }];
    return post(path, JSON.stringify({ items }), as, token);
  }

  function post(path: string, body: string, as?: CertificateFiles, token?: string): Promise<Reply> {
    const shown = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const trusted = as === undefined ? { ca: authority.pem } : contextOf(as.current);
    return new Promise((resolve, reject) => {
      const asking = request(`${server.url}${path}`, {
        method: 'POST',
        headers: shown,
        agent: false,
        ...trusted,
      });
      asking.on('error', reject);
      asking.on('response', (reply) => {
        let said = '';
        reply.on('data', (data) => (said += String(data)));
        reply.on('end', () =>
          resolve({ status: reply.statusCode, retryAfter: reply.headers['retry-after'], body: said }),
        );
      });
      asking.end(body);
    });
  }

  it('know them by the certificate, and by a token before it', async () => {
    const trl = await open('trl-pod');
    expect(await ask('/v1/score', 1, trl)).toMatchObject({
      status: 200,
      body: expect.stringContaining('"reward":1.8'),
    });
    expect((await ask('/v1/score', 1, trl, 'verl-token')).status).toBe(200);
    expect((await ask('/v1/score', 1, trl, 'guess')).status).toBe(401);
    expect(await ask('/v1/score', 1, await open('somebody'))).toMatchObject({
      status: 401,
      body: expect.stringContaining('its certificate (somebody) is none that is known here'),
    });
  });

  it('are refused without one in the handshake', async () => {
    await expect(ask('/v1/score', 1)).rejects.toThrow();
  });

  it('are limited each by themselves, and told when to come again', async () => {
    const [trl, verl] = [await open('trl-pod'), 'verl-token'];
    await ask('/v1/score', 2, trl);
    // Of three at most one is left, and a thousand seconds bring one more.
    const refused = await ask('/v1/score', 2, trl);
    expect(refused).toMatchObject({ status: 429, body: expect.stringContaining('resource_exhausted') });
    expect(Number(refused.retryAfter)).toBeGreaterThan(900);
    expect((await ask('/v1/score', 1000, trl, verl)).status).toBe(200);
  });

  it('are told which rewards there are when they ask for another', async () => {
    const reply = await ask('/v1/score?reward=next', 1, await open('trl-pod'), 'verl-token');
    expect(reply).toMatchObject({ status: 409, body: expect.stringContaining('there are active') });
    const hashes = '?rubric_hash=rubric-2&reward_model_hash=model-1';
    const mixed = await ask(`/v1/score${hashes}`, 1, await open('trl-pod'), 'verl-token');
    expect(mixed).toMatchObject({ status: 409, body: expect.stringContaining('rubric-1') });
    expect(mixed.body).toContain('rubric-2');
  });

  it('are paid the floor for an answer that is no Unicode text, and nothing for a prompt that is none', async () => {
    const trl = await open('trl-pod');
    const sample = (query: string, prompt: string): string =>
      `{"query":["${query}"],"prompts":["${prompt}"],"labels":[""]}`;
    const answer = await post('/get_reward', sample('Who?It was \\ud83d', 'Who?'), trl, 'verl-token');
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"rewards":[-5]') });
    const prompt = await post('/get_reward', sample('Who\\ud83d?I.', 'Who\\ud83d?'), trl, 'verl-token');
    expect(prompt).toMatchObject({ status: 422, body: expect.stringContaining('"kind":"judge_failed"') });
  });
});
