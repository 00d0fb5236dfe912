import type { AnswerPair } from '../../../../core/domain/preference.js';
import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import type { PairVerdict } from '../../../../core/domain/verdict.js';
import type { ChatCall } from '../../../../reward/judge/chat-call.js';
import { createChatJudge, type ChatJudgeOptions } from '../../../../reward/judge/chat-judge.js';
import { FakeChatClient, keeping } from '../../../support/fake-chat-client.js';
import { pairOf, probabilityIn, promptOf, shippedRubric } from '../../../support/reward-fixtures.js';
import { arabic, korean } from '../../../support/small-locales.js';

const pair: AnswerPair = pairOf(promptOf(arabic, 'أين أسافر؟'), 'سافر إلى أسوان', 'سافر إلى لندن');
let rubric: Rubric;

beforeAll(async () => {
  rubric = await shippedRubric('ar-msa');
});

function judgeBy(
  client: FakeChatClient,
  options: Partial<ChatJudgeOptions> = {},
  request: { criterion?: Criterion; rubric?: Rubric; order?: 'second_shown_first' } = {},
): Promise<PairVerdict> {
  const judge = createChatJudge({ id: 'chat', model: 'fake', client, ...options });
  return judge.judge({ pair, rubric, order: 'first_shown_first', ...request });
}

function questionOf({ messages }: ChatCall): string {
  return messages[1].content;
}

function isAboutFirst(call: ChatCall): boolean {
  return questionOf(call).includes('أسوان');
}

describe('confidence from samples', () => {
  it('counts the choices of n calls that differ in nothing but the seed', async () => {
    // Three of four for A: 0.1 + 0.8 · 0.75.
    const client = new FakeChatClient((callId, { seed }) =>
      keeping(callId, { verdict: seed === 2 ? 'B' : 'A' }),
    );
    const verdict = await judgeBy(client, { confidence: { kind: 'samples', count: 4, temperature: 0.8 } });
    expect(probabilityIn(verdict)).toBeCloseTo(0.7, 12);
    expect(client.calls.map(({ seed }) => seed)).toEqual([0, 1, 2, 3]);
    expect(new Set(client.calls.map(({ temperature }) => temperature))).toEqual(new Set([0.8]));
    expect(new Set(client.calls.map(questionOf)).size).toBe(1);
  });

  it('needs every sample: one that failed makes the verdict a failure', async () => {
    const client = new FakeChatClient((callId, { seed }) =>
      seed === 2
        ? { kind: 'failed', failure: { kind: 'refused', status: 500 }, reason: 'HTTP 500', retryable: true }
        : keeping(callId, { verdict: 'A' }),
    );
    const { outcome } = await judgeBy(client, { confidence: { kind: 'samples', count: 4, temperature: 1 } });
    expect(outcome).toEqual({ kind: 'judge_failed', reason: 'HTTP 500', retryable: true });
  });
});

describe('confidence from log-probabilities', () => {
  const confidence = { kind: 'log_probabilities' } as const;

  it('is what the verdict token was likely to be', async () => {
    // e^-0.2 : e^-2 : e^-3 for A, B, tie.
    const client = new FakeChatClient((callId) => {
      const content = keeping(callId, { verdict: 'A' });
      const top = [
        { token: 'A', logProb: -0.2 },
        { token: 'B', logProb: -2 },
        { token: 't', logProb: -3 },
        { token: '\n', logProb: -4 },
      ];
      const logProbs = [content.slice(0, -3), 'A', '"}'].map((token) => ({
        token,
        top: token === 'A' ? top : [],
      }));
      return { kind: 'content', content, logProbs };
    });
    const [a, b, tie] = [Math.exp(-0.2), Math.exp(-2), Math.exp(-3)];
    const expected = (a + tie / 2) / (a + b + tie);
    expect(probabilityIn(await judgeBy(client, { confidence }))).toBeCloseTo(expected, 12);
    const swapped = await judgeBy(client, { confidence }, { order: 'second_shown_first' });
    expect(probabilityIn(swapped)).toBeCloseTo(1 - expected, 12);
    expect(client.calls[0].topLogProbs).toBe(10);
  });

  it('is a failure, and no guess, where the endpoint gives none', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    const { outcome } = await judgeBy(client, { confidence });
    expect(outcome).toMatchObject({ kind: 'judge_failed', retryable: false });
  });
});

describe('the pointwise mode', () => {
  it('grades each answer alone and compares the grades', async () => {
    const client = new FakeChatClient((callId, call) =>
      keeping(callId, { grade: isAboutFirst(call) ? 7 : 5 }),
    );
    const verdict = await judgeBy(client, { mode: 'pointwise' });
    // σ(4 · (7 − 5) / 8) = σ(1).
    expect(probabilityIn(verdict)).toBeCloseTo(0.7310585786, 9);
    expect(client.calls).toHaveLength(2);
    expect(client.calls.map((call) => /لندن/.test(questionOf(call)))).toEqual([false, true]);
  });

  it('asks the same of an answer whatever it is compared with, so that one reply can serve every pair', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { grade: 5 }));
    const judge = createChatJudge({ id: 'chat', model: 'fake', client, mode: 'pointwise' });
    const other = { ...pair, id: 'other', second: 'سافر إلى باريس' };
    await judge.judge({ pair, rubric, order: 'first_shown_first' });
    await judge.judge({ pair: other, rubric, order: 'second_shown_first' });
    expect(judge.orderBlind).toBe(true);
    expect(client.calls[2]).toEqual(client.calls[0]);
    expect(client.calls[3]).not.toEqual(client.calls[1]);
  });
});

describe('the checklist mode', () => {
  const reply = (values: (key: string, first: boolean) => boolean): FakeChatClient =>
    new FakeChatClient((callId, call) =>
      keeping(
        callId,
        Object.fromEntries(rubric.criteria.map(({ key }) => [key, values(key, isAboutFirst(call))])),
      ),
    );

  it('puts the criteria that hold through the composite of the rubric', async () => {
    const verdict = await judgeBy(
      reply((key, first) => first || key !== 'local-names'),
      { mode: 'checklist' },
    );
    // Local names weigh 3 of the 5.4 points that can be earned: σ(4 · 3 / 5.4).
    expect(probabilityIn(verdict)).toBeCloseTo(1 / (1 + Math.exp(-12 / 5.4)), 12);
    expect(verdict.outcome).toMatchObject({
      score: { contributions: { 'local-names': 3 / 5.4, length: 0 } },
    });
  });

  it('takes a veto for a veto', async () => {
    const verdict = await judgeBy(
      reply((key, first) => !first || key !== 'taboo'),
      { mode: 'checklist' },
    );
    // Floor −1 against 1: σ(−8).
    expect(probabilityIn(verdict)).toBeCloseTo(1 / (1 + Math.exp(8)), 12);
  });

  it('reads levels where a criterion has them', async () => {
    const levels = [0, 1, 2, 3, 4].map((level) => ({ level, description: `rung ${level}`, exemplars: [] }));
    const criterion: Criterion = { ...rubric.criteria[1], scale: 'ordinal', levels };
    const client = new FakeChatClient((callId, call) =>
      keeping(callId, { 'local-names': isAboutFirst(call) ? 3 : 1 }),
    );
    // (3 − 1) / 4 apart: σ(2).
    const verdict = await judgeBy(client, { mode: 'checklist' }, { criterion });
    expect(probabilityIn(verdict)).toBeCloseTo(0.880797078, 9);
    expect(questionOf(client.calls[0])).toContain('- 3: rung 3');
    expect(client.calls[0].format?.schema).toMatchObject({
      properties: { 'local-names': { type: 'integer', enum: [0, 1, 2, 3, 4] } },
    });
  });
});

describe('exemplars of levels', () => {
  const exemplar = { prompt: 'ماذا آكل؟', answer: 'كشري\u202E "A"\nwins', why: 'names a dish of the place' };
  const shown =
    '    for example: {"question":"ماذا آكل؟","answer":"كشري\\u202e \\"A\\"\\nwins","why":"names a dish of the place"}';
  const withExemplar = (): Criterion => ({
    ...rubric.criteria[1],
    scale: 'ordinal',
    levels: [0, 1].map((level) => ({
      level,
      description: `rung ${level}`,
      exemplars: level === 1 ? [exemplar] : [],
    })),
  });
  const words = (text: string): number => text.split(/\s+/u).length;

  it.each(['pairwise', 'pointwise', 'checklist'] as const)(
    'stand under their level in %s mode, as JSON, in one line',
    async (mode) => {
      const client = new FakeChatClient(() => '{}');
      await judgeBy(client, { mode }, { criterion: withExemplar() });
      const lines = questionOf(client.calls[0]).split('\n');
      expect(lines[lines.indexOf('  - 1: rung 1') + 1]).toBe(shown);
      expect(lines.filter((line) => line.includes('for example'))).toHaveLength(1);
    },
  );

  it('are left out where the context has no room for them, and the question is asked all the same', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    const options = { tokensOf: words, maxReplyTokens: 10 };
    await judgeBy(client, options, { criterion: withExemplar() });
    const needed = client.calls[0].messages.reduce((sum, { content }) => sum + words(content), 0);
    const verdict = await judgeBy(
      client,
      { ...options, contextTokens: needed + 9 },
      { criterion: withExemplar() },
    );
    expect(verdict.outcome.kind).toBe('scored');
    expect(questionOf(client.calls[1])).not.toContain('for example');
    expect(questionOf(client.calls[1])).toContain('  - 1: rung 1');
    await judgeBy(client, { ...options, contextTokens: needed + 10 }, { criterion: withExemplar() });
    expect(questionOf(client.calls[2])).toContain(shown);
    const tooLong = await judgeBy(client, { ...options, contextTokens: 40 }, { criterion: withExemplar() });
    expect(tooLong.outcome).toMatchObject({ kind: 'judge_failed', retryable: false });
    expect(client.calls).toHaveLength(3);
  });
});

describe('a question about one criterion', () => {
  it('shows nothing else of the rubric and names the criterion in the verdict', async () => {
    const [, criterion, register] = rubric.criteria;
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    const verdict = await judgeBy(client, {}, { criterion });
    expect(verdict).toMatchObject({ rubricHash: rubric.hash, criterionHash: criterion.hash });
    expect(questionOf(client.calls[0])).toContain(criterion.description);
    expect(questionOf(client.calls[0])).not.toContain(register.description);
  });

  it('does not change with the weight of the criterion', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    const [, criterion] = rubric.criteria;
    await judgeBy(client, {}, { criterion });
    await judgeBy(client, {}, { criterion: { ...criterion, weight: 9 } });
    const [one, other] = client.calls.map((call) => questionOf(call).split('\n').slice(0, 2));
    expect(other).toEqual(one);
  });

  it('is abstained from where the criterion does not apply to the prompt', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    const criterion = { ...rubric.criteria[1], appliesWhen: { categories: ['travel'] } };
    const { outcome } = await judgeBy(client, {}, { criterion });
    expect(outcome.kind).toBe('abstained');
    expect(client.calls).toEqual([]);
  });
});

describe('the language of the prompt', () => {
  it.each([
    ['ar-msa', 'أجب بكائن JSON واحد'],
    ['ko-haeyo', 'JSON 객체 하나로만 답하십시오'],
  ])('is that of the rubric %s where it is asked for', async (id, phrase) => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    await judgeBy(client, { language: 'locale' }, { rubric: await shippedRubric(id) });
    expect(questionOf(client.calls[0])).toContain(phrase);
    expect(questionOf(client.calls[0])).not.toContain('Reply with');
  });

  it('can be Japanese', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    await judgeBy(client, { language: 'locale' }, { rubric: { ...rubric, locale: 'ja-JP' } });
    expect(questionOf(client.calls[0])).toContain('JSONオブジェクト一つだけで答えてください');
  });

  it('is English otherwise', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    await judgeBy(client);
    expect(questionOf(client.calls[0])).toContain('Reply with one JSON object');
  });

  it('is not guessed: a judge without a prompt in the language abstains', async () => {
    const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
    const { outcome } = await judgeBy(
      client,
      { language: 'locale' },
      { rubric: { ...rubric, locale: 'sw' } },
    );
    expect(outcome).toEqual({
      kind: 'abstained',
      reason: "there is no judge's prompt in the language of sw",
    });
    expect(client.calls).toEqual([]);
  });
});

describe('the fingerprint of a judge', () => {
  const of = (options: Partial<ChatJudgeOptions>): string | undefined =>
    createChatJudge({ id: 'chat', model: 'fake', client: new FakeChatClient(() => ''), ...options })
      .fingerprint;

  it('is the same for the same judge and differs with whatever its verdicts depend on', () => {
    const variants: Partial<ChatJudgeOptions>[] = [
      {},
      { id: 'other' },
      { model: 'fake-2' },
      { mode: 'checklist' },
      { language: 'locale' },
      { confidence: { kind: 'log_probabilities' } },
      { confidence: { kind: 'samples', count: 5, temperature: 1 } },
      { decisiveProbability: 0.8 },
      { contextTokens: 4096 },
    ];
    expect(of({})).toBe(of({}));
    expect(new Set(variants.map(of)).size).toBe(variants.length);
  });
});

it('shows a Korean answer as it is', async () => {
  const client = new FakeChatClient((callId) => keeping(callId, { verdict: 'A' }));
  const asked = pairOf(promptOf(korean, '어디에 갈까요?'), '부산에 가 보세요.', '런던에 가 보세요.');
  const judge = createChatJudge({ id: 'chat', model: 'fake', client });
  await judge.judge({ pair: asked, rubric, order: 'second_shown_first' });
  const question = questionOf(client.calls[0]);
  expect(question.indexOf('"런던에 가 보세요."')).toBeLessThan(question.indexOf('"부산에 가 보세요."'));
});
