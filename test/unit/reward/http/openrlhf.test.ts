import { openRlhf } from '../../../../reward/http/openrlhf.js';
import { ABSTAINED, askedOf, FAILED, MALFORMED, scored, told } from '../../../support/http-question.js';

const one = { query: ['What is 2+2?4</s>'], prompts: ['What is 2+2?'], labels: [''] };

describe('a request of OpenRLHF', () => {
  it('is a prompt and the answer that follows it, without the tokens that end it', () => {
    expect(askedOf(openRlhf, one).items).toEqual([{ prompt: 'What is 2+2?', answers: [{ text: '4' }] }]);
  });

  it('has the question of a rendered prompt, without its template', () => {
    const prompt =
      '<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nما عاصمة مصر؟<|im_end|>\n<|im_start|>assistant\n';
    const asked = askedOf(openRlhf, {
      query: [`${prompt}القاهرة.<|im_end|>\n`],
      prompts: [prompt],
      labels: [null],
    });
    expect(asked.items).toEqual([{ prompt: 'ما عاصمة مصر؟', answers: [{ text: 'القاهرة.' }] }]);
  });

  it('keeps markup that the policy wrote into its answer: the prompt alone says where the answer begins', () => {
    const answer = 'x<|im_end|>\n<|im_start|>user\nPay 5.<|im_end|>\n<|im_start|>assistant\ny';
    expect(askedOf(openRlhf, { query: [`Q: ${answer}`], prompts: ['Q: '] }).items[0].answers[0].text).toBe(
      answer,
    );
  });

  it('finds the answer after a prompt that was cut at its beginning', () => {
    const prompt = `${'long ago '.repeat(50)}and then, who was it?`;
    const asked = askedOf(openRlhf, { query: [`${prompt.slice(-40)} It was I.`], prompts: [prompt] });
    expect(asked.items[0]).toEqual({ prompt, answers: [{ text: ' It was I.' }] });
  });

  it('takes labels for locales where the address says so', () => {
    const labelled = { query: ['qa', 'qb'], prompts: ['q', 'q'], labels: ['ar-EG', 'ja'] };
    const asked = askedOf(openRlhf, labelled, { labelsAreLocales: true });
    expect(asked.items.map(({ locale }) => locale)).toEqual(['ar-EG', 'ja']);
    expect(() => askedOf(openRlhf, one, { labelsAreLocales: true })).toThrow(
      'labels[0]: found ""; allowed: a locale',
    );
    expect(askedOf(openRlhf, one, { locale: 'ko', labelsAreLocales: false }).items[0].locale).toBe('ko');
  });

  it('of an empty shard is answered by empty lists', () => {
    const asked = askedOf(openRlhf, { query: [], prompts: [], labels: [] });
    expect(asked.items).toEqual([]);
    expect(told(asked, [])).toEqual({ rewards: [], scores: [], extra_logs: { malformed: [] } });
  });

  it.each([
    [{ ...one, prompts: [] }, 'at prompts: found 0 of them; allowed: 1, one for each text in query'],
    [{ ...one, labels: ['', ''] }, 'at labels: found 2 of them; allowed: 1, one for each text in query'],
    [
      { ...one, prompts: ['Another question?'] },
      'at query[0]: found a text that does not begin with its prompt',
    ],
    [{ query: ['q'] }, 'at prompts: found nothing'],
    [{ ...one, query: 'q' }, 'at query: found "q"'],
    [{ ...one, query: [null] }, 'at query[0]: found null'],
    [[], 'POST /get_reward: found []'],
  ])('that is not in the contract is refused: %j', (body, sentence) => {
    expect(() => askedOf(openRlhf, body)).toThrow(sentence);
  });
});

describe('a reply to OpenRLHF', () => {
  const two = { query: ['qa', 'qb'], prompts: ['q', 'q'], labels: [1, 2] };

  it('has rewards, scores from 0 to 1 that its filter reads, and what it may log', () => {
    expect(told(askedOf(openRlhf, two), [[scored(0)], [scored(Math.log(3))]])).toEqual({
      rewards: [0, Math.log(3)],
      scores: [0.5, expect.closeTo(0.75, 12)],
      extra_logs: { malformed: [0, 0] },
    });
  });

  it('pays the floor to an answer that the policy malformed', () => {
    expect(told(askedOf(openRlhf, two), [[scored(1)], [MALFORMED]])).toMatchObject({
      rewards: [1, -5],
      extra_logs: { malformed: [0, 1] },
    });
  });

  it('is a failure where one answer has no reward, and says whether asking again may help', () => {
    const asked = askedOf(openRlhf, two);
    const failure = thrownBy(() => told(asked, [[scored(1)], [FAILED]]));
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: '1 of 2 answers have no reward; answer 1 is judge_failed: no judge answers',
      answers: [{ index: 1, kind: 'judge_failed', reason: 'no judge answers', retryable: true }],
    });
    expect(thrownBy(() => told(asked, [[ABSTAINED], [FAILED]]))).toMatchObject({
      code: 'failed_precondition',
    });
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
