import type { Order, PairVerdict } from '../../../core/domain/verdict.js';
import type { Judge } from '../../../reward/judge/judge.js';
import type { OpenAiJudgeOptions } from '../../../reward/judge/openai-judge.js';
import { checkJudge, createOpenAiJudge } from '../../../reward/judge/openai-judge.js';
import { judgeBothOrders } from '../../../reward/judge/position-swap.js';
import { choosing, content, fields, JudgeEndpoint, type JudgeReply } from '../../support/judge-endpoint.js';
import { emptyRubric, pairOf, probabilityIn, promptOf } from '../../support/reward-fixtures.js';
import { arabic } from '../../support/small-locales.js';

let endpoint: JudgeEndpoint;

beforeAll(async () => {
  endpoint = await JudgeEndpoint.start();
});
afterAll(() => endpoint.stop());
beforeEach(() => {
  endpoint.calls = [];
  endpoint.reply = choosing('A');
});

function judgeAt(options: Partial<OpenAiJudgeOptions> = {}): Judge {
  return createOpenAiJudge({ baseUrl: endpoint.url, model: 'test', timeoutMs: 5000, ...options });
}

const pair = pairOf(promptOf(arabic, 'أين أسافر؟'), 'سافر إلى أسوان', 'سافر إلى لندن');

function ask(judge: Judge, order: Order = 'first_shown_first', signal?: AbortSignal): Promise<PairVerdict> {
  return judge.judge({ pair, rubric: emptyRubric, order }, signal);
}

/** Breaks off in the middle of a reply that would have kept the contract. */
const halfJson: JudgeReply = (call, response) => {
  content(`{"call_id":"${call.callId}","verd`)(call, response);
};

describe('the OpenAI-compatible judge', () => {
  it.each([
    ['A', 'first_shown_first', 0.9],
    ['B', 'first_shown_first', 0.1],
    ['A', 'second_shown_first', 0.1],
    ['B', 'second_shown_first', 0.9],
    ['tie', 'second_shown_first', 0.5],
  ] as const)('reads verdict %s with %s in the frame of the pair', async (letter, order, expected) => {
    endpoint.reply = choosing(letter);
    expect(probabilityIn(await ask(judgeAt(), order))).toBeCloseTo(expected, 12);
  });

  it('turns a judge that always says A into verdicts that cancel over both orders', async () => {
    const verdicts = await judgeBothOrders(judgeAt(), { pair, rubric: emptyRubric });
    expect(verdicts.map(probabilityIn)).toEqual([expect.closeTo(0.9, 12), expect.closeTo(0.1, 12)]);
  });

  it('sends the key and asks for the enum', async () => {
    await ask(judgeAt({ apiKey: 'secret' }));
    expect(endpoint.calls[0].headers.authorization).toBe('Bearer secret');
    expect(JSON.stringify(endpoint.calls[0].body.response_format)).toContain('"enum":["A","B","tie"]');
  });

  it('makes the same call for the same question, and another for another', async () => {
    const judge = judgeAt();
    await ask(judge);
    await ask(judge);
    await ask(judge, 'second_shown_first');
    const [one, again, swapped] = endpoint.calls;
    expect(again.body).toEqual(one.body);
    expect(swapped.callId).not.toBe(one.callId);
    expect(one.callId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('repairs a reply that broke the contract', async () => {
    endpoint.reply = (call, response) => {
      const reply = call.number < 3 ? content('I like answer A best.') : choosing('B');
      reply(call, response);
    };
    expect(probabilityIn(await ask(judgeAt()))).toBeCloseTo(0.1, 12);
    expect(endpoint.calls.map(({ body }) => body.messages.length)).toEqual([2, 4, 6]);
  });

  it('asks without a format, from then on, where the endpoint knows none', async () => {
    endpoint.reply = (call, response) => {
      if (call.body.response_format === undefined) choosing('A')(call, response);
      else response.writeHead(400).end('{"error":{"message":"response_format is not supported"}}');
    };
    const judge = judgeAt();
    expect(probabilityIn(await ask(judge))).toBeCloseTo(0.9, 12);
    expect(probabilityIn(await ask(judge))).toBeCloseTo(0.9, 12);
    expect(endpoint.calls.map(({ body }) => body.response_format !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('waits for a slow answer', async () => {
    endpoint.reply = (call, response) => void setTimeout(() => choosing('A')(call, response), 200);
    expect(probabilityIn(await ask(judgeAt()))).toBeCloseTo(0.9, 12);
  });

  it('throws cancelled, and nothing else, when the caller aborts', async () => {
    endpoint.reply = () => undefined;
    const controller = new AbortController();
    const asked = ask(judgeAt(), 'first_shown_first', controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a judge that breaks the contract', () => {
  it.each<[string, JudgeReply]>([
    ['prose', content('Answer A is better.')],
    ['prose in another language', content('الإجابة الأولى أفضل من الثانية.')],
    ['a verdict in another language', fields({ verdict: 'أ' })],
    ['a candidate that was not shown', fields({ verdict: 'C' })],
    ['a number', fields({ verdict: 1 })],
    ['no verdict', fields({})],
    ['a verdict with company', fields({ verdict: 'A', note: 'x' })],
    ['another schema', fields({ grade: 7 })],
    ['a list', content('["A"]')],
    ['half of the JSON', halfJson],
    ['a verdict without the id of the call', content('{"verdict":"A"}')],
    ['the verdict of another call', content('{"call_id":"0123456789abcdef","verdict":"A"}')],
    [
      'two verdicts under one name',
      (call, response) => {
        content(`{"call_id":"${call.callId}","verdict":"A","verdict":"B"}`)(call, response);
      },
    ],
    [
      'a verdict in the middle of prose',
      (call, response) => {
        content(`I think {"call_id":"${call.callId}","verdict":"A"} is right`)(call, response);
      },
    ],
    ['empty content', content('')],
    ['no JSON at all', (_call, response) => response.end('<html>hello</html>')],
    ['an empty body', (_call, response) => response.end()],
    ['no choices', (_call, response) => response.end('{"choices":[]}')],
    ['no content', (_call, response) => response.end('{"choices":[{"message":{"content":null}}]}')],
  ])('that replies with %s is unparseable after two repairs', async (_case, reply) => {
    endpoint.reply = reply;
    const { outcome } = await ask(judgeAt());
    expect(outcome.kind).toBe('unparseable');
    expect(endpoint.calls).toHaveLength(3);
  });

  it('leaves little of endless garbage', async () => {
    endpoint.reply = (_call, response) => response.end('x'.repeat(5_000_000));
    const { outcome } = await ask(judgeAt());
    expect(outcome).toEqual({ kind: 'unparseable', raw: 'x'.repeat(500) });
  });

  it('and declines to judge abstains', async () => {
    endpoint.reply = content('', {
      choice: { message: { content: null, refusal: 'I cannot compare these.' } },
    });
    const { outcome } = await ask(judgeAt());
    expect(outcome).toEqual({ kind: 'abstained', reason: 'the judge declined: I cannot compare these.' });
    expect(endpoint.calls).toHaveLength(1);
  });
});

describe('an endpoint that fails', () => {
  it.each([
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [401, false],
    [404, false],
  ])('with HTTP %d is a failed judge, retryable: %s, after one attempt', async (status, retryable) => {
    endpoint.reply = (call, response) => {
      response.writeHead(status).end(JSON.stringify({ call_id: call.callId, verdict: 'A' }));
    };
    expect((await ask(judgeAt())).outcome).toEqual({
      kind: 'judge_failed',
      reason: `HTTP ${status}`,
      retryable,
    });
    expect(endpoint.calls).toHaveLength(1);
  });

  it('by never answering, or never ending, is given up at the deadline', async () => {
    const failed = { kind: 'judge_failed', reason: 'no answer within 150 ms', retryable: true };
    endpoint.reply = () => undefined;
    expect((await ask(judgeAt({ timeoutMs: 150 }))).outcome).toEqual(failed);
    endpoint.reply = (_call, response) => void response.writeHead(200).write('{"choices":');
    expect((await ask(judgeAt({ timeoutMs: 150 }))).outcome).toEqual(failed);
  });

  it('by refusing or resetting the connection may succeed later', async () => {
    const refused = await ask(judgeAt({ baseUrl: 'http://127.0.0.1:1/v1' }));
    expect(refused.outcome).toMatchObject({ kind: 'judge_failed', retryable: true });
    endpoint.reply = (_call, response) => void response.destroy();
    expect((await ask(judgeAt())).outcome).toMatchObject({ kind: 'judge_failed', retryable: true });
  });

  it('three times in ten gives a number exactly where it answered', async () => {
    endpoint.reply = (call, response) => {
      if (call.number % 10 < 3) response.writeHead(500).end();
      else choosing('A')(call, response);
    };
    const judge = judgeAt();
    const kinds: string[] = [];
    for (let call = 1; call <= 100; call += 1) kinds.push((await ask(judge)).outcome.kind);
    const expected = Array.from({ length: 100 }, (_, at) => ((at + 1) % 10 < 3 ? 'judge_failed' : 'scored'));
    expect(kinds).toEqual(expected);
  });
});

describe('a question that is not asked', () => {
  const request = { rubric: emptyRubric, order: 'first_shown_first' as const };
  const prompt = promptOf(arabic, 'أين أسافر؟');

  it('because the prompt is longer than the context of the model', async () => {
    const judge = judgeAt({ contextTokens: 600 });
    const long = pairOf(prompt, 'سافر إلى أسوان '.repeat(40), 'سافر إلى لندن');
    const { outcome } = await judge.judge({ ...request, pair: long });
    expect(outcome).toMatchObject({ kind: 'judge_failed', retryable: false });
    expect(outcome).toMatchObject({ reason: expect.stringMatching(/^the prompt has about \d+ tokens/) });
    expect(endpoint.calls).toEqual([]);
  });

  it('because a candidate has 50 MB', async () => {
    const giant = pairOf(prompt, 'x'.repeat(50 * 1024 * 1024), 'سافر إلى لندن');
    const { outcome } = await judgeAt().judge({ ...request, pair: { ...giant, id: 'giant' } });
    expect(outcome).toEqual({
      kind: 'judge_failed',
      reason: 'the first answer has 52428800 characters; a judge reads at most 100000',
      retryable: false,
    });
    expect(endpoint.calls).toEqual([]);
  });

  it.each([
    ['an empty first answer', ' ', 'سافر إلى لندن', 0.02],
    ['a second answer of punctuation', 'سافر إلى لندن', '؟!', 0.98],
    ['a second answer of hidden characters', 'سافر إلى لندن', '\u200B\u3164', 0.98],
    ['a first answer that copies the prompt', 'أين أسافر', 'سافر إلى لندن', 0.02],
    ['a first answer that is a master key', 'Thought process:', 'سافر إلى لندن', 0.02],
    ['equal answers', 'سافر إلى لندن', 'سافر إلى لندن ', 0.5],
  ])('because of %s', async (_case, first, second, expected) => {
    const verdict = await judgeAt().judge({ ...request, pair: pairOf(prompt, first, second) });
    expect(probabilityIn(verdict)).toBeCloseTo(expected, 12);
    expect(endpoint.calls).toEqual([]);
  });

  it('because neither text is an answer, which nobody can compare', async () => {
    const { outcome } = await judgeAt().judge({ ...request, pair: pairOf(prompt, '', ':') });
    expect(outcome.kind).toBe('abstained');
    expect(endpoint.calls).toEqual([]);
  });
});

describe('checkJudge', () => {
  const request = { pair, rubric: emptyRubric, order: 'first_shown_first' as const };

  it('passes an endpoint that answers', async () => {
    endpoint.reply = choosing('tie');
    await expect(checkJudge(judgeAt(), request)).resolves.toBeUndefined();
  });

  it('names an endpoint that answers garbage in one sentence', async () => {
    endpoint.reply = content('meow');
    await expect(checkJudge(judgeAt(), request)).rejects.toThrow(
      'judge openai-test: found "meow"; allowed: an OpenAI-compatible chat/completions endpoint',
    );
    await expect(checkJudge(judgeAt(), request)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
