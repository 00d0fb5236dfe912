import { plainScore } from '../../../../reward/http/plain-score.js';
import { scoreReply } from '../../../../reward/http/score-schema.js';
import { ABSTAINED, askedOf, FAILED, MALFORMED, scored, told } from '../../../support/http-question.js';

const item = { prompt: 'Who?', answers: [{ text: 'I.' }] };

describe('a plain request', () => {
  it('names a reward, items and a deadline', () => {
    const full = {
      reward: { rubric_hash: 'r', reward_model_hash: 'm' },
      items: [
        {
          ...{ prompt: 'Who?', locale: 'ar', category: 'riddle', prompt_token_ids: [1, 2] },
          answers: [{ text: 'I.', token_ids: [3, 4_294_967_295] }],
        },
      ],
      deadline_ms: 250,
    };
    expect(askedOf(plainScore, full)).toMatchObject({
      reward: { rubricHash: 'r', rewardModelHash: 'm' },
      deadlineMs: 250,
      items: [
        {
          ...{ prompt: 'Who?', locale: 'ar', category: 'riddle', promptTokenIds: [1, 2] },
          answers: [{ text: 'I.', tokenIds: [3, 4_294_967_295] }],
        },
      ],
    });
    expect(askedOf(plainScore, { items: [], reward: { alias: 'next' } }).reward).toEqual({ alias: 'next' });
  });

  it('needs no more than items', () => {
    const asked = askedOf(plainScore, { items: [item] });
    expect(asked.items).toEqual([item]);
    expect(asked).not.toHaveProperty('reward');
    expect(asked).not.toHaveProperty('deadlineMs');
  });

  it.each([
    [{ items: [item], rewrad: {} }, 'found unknown key "rewrad"'],
    [{ items: [{ ...item, answers: ['I.'] }] }, 'at items[0].answers[0]: found "I."'],
    [{ items: [item], reward: 'active' }, 'allowed: {alias}, or {rubric_hash, reward_model_hash}'],
    [
      { items: [{ ...item, prompt_token_ids: [1, -1] }] },
      'allowed: a list of token ids, whole numbers from 0',
    ],
    [{ items: [{ ...item, prompt_token_ids: [0.5] }] }, 'at items[0].prompt_token_ids'],
    [{ items: [{ ...item, prompt_token_ids: [4_294_967_296] }] }, 'at items[0].prompt_token_ids'],
    [{ items: [item], deadline_ms: 0 }, 'at deadline_ms: found 0'],
    [{}, 'at items: found nothing'],
    ['{"items":', 'found 9 bytes that are no JSON; allowed: a JSON body in UTF-8'],
  ])('that is not in the contract is refused: %j', (body, sentence) => {
    expect(() => askedOf(plainScore, body)).toThrow(sentence);
  });
});

describe('a plain reply', () => {
  it('has an outcome for each answer, and a reward only where one is paid', () => {
    const unreadable = { kind: 'unparseable' as const, raw: 'whatever the judge said' };
    const asked = askedOf(plainScore, { items: [{ ...item, answers: Array(5).fill({ text: 'I.' }) }] });
    const reply = told(asked, [[scored(0.5, 7), MALFORMED, ABSTAINED, FAILED, unreadable]]);
    expect(reply).toEqual({
      rubric_hash: 'rubric-1',
      reward_model_hash: 'model-1',
      outcomes: [
        [
          { kind: 'scored', reward: 0.5, raw: 7 },
          { kind: 'policy_malformed', reward: -5, reason: 'ruled out by criterion script' },
          { kind: 'abstained', reason: 'orders disagree' },
          { kind: 'judge_failed', reason: 'no judge answers', retryable: true },
          { kind: 'unparseable', reason: 'what the judge said could not be read' },
        ],
      ],
    });
    expect(scoreReply.parse(reply)).toEqual(reply);
  });
});
