import { nemoGymCompare } from '../../../../reward/http/nemo-gym-compare.js';
import { nemoGymVerify } from '../../../../reward/http/nemo-gym-verify.js';
import { askedOf, FAILED, MALFORMED, scored, told } from '../../../support/http-question.js';

const said = (text: string): object => ({
  output: [{ type: 'message', content: [{ type: 'output_text', text, annotations: [] }] }],
});

// The request in the README of resources_servers/genrm_compare.
const comparison = {
  conversation_history: [{ role: 'user', content: 'What is the capital of France?' }],
  response_objs: [said('Paris is the capital.'), said('The capital of France is Paris.')],
  principle: 'The response should be concise and accurate.',
};

describe('a comparison for NeMo-Gym', () => {
  it('asks about all responses to the last question at once', () => {
    expect(askedOf(nemoGymCompare, comparison).items).toEqual([
      {
        prompt: 'What is the capital of France?',
        answers: [{ text: 'Paris is the capital.' }, { text: 'The capital of France is Paris.' }],
      },
    ]);
  });

  it('reads messages of a response, and neither its reasoning nor its calls', () => {
    const response = {
      output: [
        { type: 'reasoning', summary: [{ text: 'hm' }], content: [{ type: 'output_text', text: 'hm' }] },
        {
          type: 'message',
          content: [
            { type: 'output_text', text: 'Pa' },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        { type: 'function_call', name: 'search', arguments: '{}' },
        { type: 'message', content: 'ris' },
      ],
    };
    const asked = askedOf(nemoGymCompare, { ...comparison, response_objs: [response, { output: [] }] });
    expect(asked.items[0].answers).toEqual([{ text: 'Paris' }, { text: '' }]);
  });

  it('tells rewards, and pairs in a circle that say the same', () => {
    // σ(ln 3) = 3/4, σ(0) = 1/2 and σ(−ln 3) = 1/4.
    const three = { ...comparison, response_objs: [said('a'), said('b'), said('c')] };
    const rewards = [Math.log(3), 0, 0];
    const close = (value: number): unknown => expect.closeTo(value, 12);
    expect(told(askedOf(nemoGymCompare, three), [rewards.map((reward) => scored(reward))])).toEqual({
      rewards,
      comparison_results: [
        { response_i: 0, response_j: 1, judge_idx: 0, score_1: close(4), score_2: 3, ranking: close(2.25) },
        { response_i: 1, response_j: 2, judge_idx: 0, score_1: 3, score_2: 3, ranking: 3.5 },
        { response_i: 2, response_j: 0, judge_idx: 0, score_1: 3, score_2: close(4), ranking: close(4.75) },
      ],
      metrics: {
        mean_individual_score: close(20 / 6),
        std_individual_score: close(Math.sqrt(2 / 9)),
        tiebreak_usage_rate: close(1 / 3),
      },
    });
  });

  it('of one response has its reward and no pairs; of none, nothing', () => {
    const one = askedOf(nemoGymCompare, { ...comparison, response_objs: [said('a')] });
    expect(told(one, [[scored(2)]])).toEqual({ rewards: [2], comparison_results: null, metrics: null });
    const none = askedOf(nemoGymCompare, { ...comparison, response_objs: [] });
    expect(told(none, [[]])).toEqual({ rewards: [], comparison_results: null, metrics: null });
  });

  it('fails where one response has no reward', () => {
    expect(() => told(askedOf(nemoGymCompare, comparison), [[scored(1), FAILED]])).toThrow(
      'answer 1 is judge_failed',
    );
  });

  it.each([
    [{ ...comparison, conversation_history: [] }, 'at conversation_history: found no messages'],
    [{ ...comparison, response_objs: [{}] }, 'at response_objs[0].output: found nothing'],
    [{ ...comparison, response_objs: ['text'] }, 'at response_objs[0]: found "text"'],
    [{ response_objs: [] }, 'at conversation_history: found nothing'],
  ])('that is not in the contract is refused: %j', (body, sentence) => {
    expect(() => askedOf(nemoGymCompare, body)).toThrow(sentence);
  });
});

describe('a verification for NeMo-Gym', () => {
  const rollout = {
    responses_create_params: { input: [{ role: 'user', content: 'Who?', type: 'message' }], tools: [] },
    response: { id: 'resp_1', created_at: 1, ...said('I.') },
    dataset: 'hs3',
  };

  it('asks about one answer to the last question', () => {
    expect(askedOf(nemoGymVerify, rollout).items).toEqual([{ prompt: 'Who?', answers: [{ text: 'I.' }] }]);
    const text = { ...rollout, responses_create_params: { input: 'Who?' } };
    expect(askedOf(nemoGymVerify, text).items[0].prompt).toBe('Who?');
  });

  it('takes the locale of its row, before that of the address', () => {
    const to = { locale: 'ko', labelsAreLocales: false };
    expect(askedOf(nemoGymVerify, { ...rollout, locale: 'ja' }, to).items[0].locale).toBe('ja');
    expect(askedOf(nemoGymVerify, rollout, to).items[0].locale).toBe('ko');
  });

  it('tells the rollout as it came with its reward, and rounds no number of it', () => {
    const body = `${JSON.stringify(rollout).slice(0, -1)}, "seed": 12345678901234567890 }\n`;
    const question = askedOf(nemoGymVerify, body);
    const reply = question.tell({ rubricHash: '', rewardModelHash: '', outcomes: [[scored(-0.5)]] });
    expect(reply).toContain('"seed": 12345678901234567890');
    expect(JSON.parse(reply)).toMatchObject({ ...rollout, reward: -0.5 });
  });

  it('replaces a reward that the rollout had', () => {
    const reply = told(askedOf(nemoGymVerify, { ...rollout, reward: 1 }), [[MALFORMED]]);
    expect(reply).toEqual({ ...rollout, reward: -5 });
  });

  it('fails where there is no reward, since the row of a failed judge holds a number there', () => {
    expect(() => told(askedOf(nemoGymVerify, rollout), [[FAILED]])).toThrow('answer 0 is judge_failed');
  });

  it.each([
    [{ ...rollout, response: undefined }, 'at response: found nothing'],
    [{ ...rollout, responses_create_params: {} }, 'at responses_create_params.input: found nothing'],
    [{ ...rollout, locale: 7 }, 'at locale: found 7'],
  ])('that is not in the contract is refused: %j', (body, sentence) => {
    expect(() => askedOf(nemoGymVerify, body)).toThrow(sentence);
  });
});
