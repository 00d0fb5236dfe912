/** What trainers' own clients sent (test/fixtures/trainer-requests), byte for byte, at the real server. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { RewardHttp } from '../../../reward/http/start-reward-http.js';
import { ABSTAINED } from '../../support/http-question.js';
import { payLength, RecordingRewardService } from '../../support/recording-reward-service.js';

const QUESTION = 'ما عاصمة الأردن؟';
const ANSWER = 'عاصمة الأردن عمّان، وهي أكبر مدنه "وأقدمها".';
/** Its length over 10. */
const REWARD = 4.4;

const service = new RecordingRewardService();
let server: RewardHttp;

beforeAll(async () => {
  server = await startRewardHttp({ service, log: new RecordingLogger() });
});
afterAll(() => server.close());
beforeEach(() => {
  service.outcomeOf = payLength;
  service.asked.length = 0;
});

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Puts the bytes of a recorded request on a connection, and reads the reply by its content length. */
function replay(name: string): Promise<Reply> {
  const request = readFileSync(join(__dirname, '../../fixtures/trainer-requests', `${name}.http`));
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(request));
    let heard = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${heard.toString()}`)));
    socket.on('data', (data) => {
      heard = Buffer.concat([heard, data]);
      const reply = readReply(heard);
      if (reply === undefined) return;
      resolve(reply);
      socket.destroy();
    });
  });
}

function readReply(heard: Buffer): Reply | undefined {
  const end = heard.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = heard.subarray(0, end).toString();
  const body = heard.subarray(end + 4);
  if (body.length < Number(/content-length: (\d+)/i.exec(head)?.[1])) return undefined;
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body.toString()) };
}

/** Every prompt, locale and answer that the service was asked about. */
function asked(): unknown[] {
  return service.asked.flatMap(({ request }) =>
    request.items.flatMap(({ prompt, locale, answers }) => answers.map(({ text }) => [prompt, locale, text])),
  );
}

it('holds an answer whose reward is known by hand', () => {
  expect(ANSWER).toHaveLength(44);
});

describe('a recorded request of OpenRLHF', () => {
  it('is paid what its answer is worth without chat template and end token', async () => {
    const { status, body } = await replay('openrlhf-one-address');
    expect(status).toBe(200);
    expect(body).toMatchObject({ rewards: [REWARD], extra_logs: { malformed: [0] } });
    expect(asked()).toEqual([[QUESTION, undefined, ANSWER]]);
  });

  it('to a second address is about nothing, and answered by as much', async () => {
    expect(await replay('openrlhf-empty-shard')).toMatchObject({
      status: 200,
      body: { rewards: [], scores: [] },
    });
  });
});

describe('a recorded request of slime', () => {
  it.each(['slime-text', 'slime-messages'])('(%s) is answered by the number alone', async (name) => {
    expect(await replay(name)).toEqual({ status: 200, body: REWARD });
    expect(asked()).toEqual([[QUESTION, undefined, ANSWER]]);
  });
});

describe('a recorded request of NeMo-Gym', () => {
  it('begins a session', async () => {
    expect(await replay('nemo-gym-seed-session')).toEqual({ status: 200, body: {} });
  });

  it('verifies a rollout under the locale of its row, and gets the row back with its reward', async () => {
    const { status, body } = await replay('nemo-gym-verify');
    expect(status).toBe(200);
    expect(body).toMatchObject({ reward: REWARD, locale: 'ar', response: { id: 'resp_1' } });
    expect(asked()).toEqual([[QUESTION, 'ar', ANSWER]]);
  });

  it('compares responses, each paid by itself', async () => {
    expect(await replay('nemo-gym-compare')).toMatchObject({
      status: 200,
      body: { rewards: [REWARD, REWARD] },
    });
    expect(asked()).toEqual([
      [QUESTION, undefined, ANSWER],
      [QUESTION, undefined, ANSWER],
    ]);
  });
});

describe('a recorded request of verl', () => {
  it('is answered by an outcome under the hashes of the reward', async () => {
    const outcomes = [[{ kind: 'scored', reward: REWARD, raw: 44 }]];
    const reply = { rubric_hash: 'rubric-1', reward_model_hash: 'model-1', outcomes };
    expect(await replay('verl')).toEqual({ status: 200, body: reply });
    expect(asked()).toEqual([[QUESTION, 'ar', ANSWER]]);
  });

  it('is told an abstention as what it is', async () => {
    service.outcomeOf = () => ABSTAINED;
    const { status, body } = await replay('verl');
    expect(status).toBe(200);
    expect(body).toMatchObject({ outcomes: [[{ kind: 'abstained' }]] });
  });
});

describe('an answer without a reward', () => {
  it.each(['openrlhf-one-address', 'slime-text', 'nemo-gym-verify', 'nemo-gym-compare'])(
    'is an error to %s, whose client takes every number for a reward',
    async (name) => {
      service.outcomeOf = () => ABSTAINED;
      const { status, body } = await replay(name);
      expect(status).toBe(422);
      expect(body).toMatchObject({
        unscored: expect.arrayContaining([expect.objectContaining({ kind: 'abstained' })]),
      });
    },
  );
});
