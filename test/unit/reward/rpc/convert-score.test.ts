import { ScoreRequest as ScoreRequestCodec, ScoreResponse } from '../../../../proto/gen/majlis/v1/reward.js';
import type * as wire from '../../../../proto/gen/majlis/v1/reward.js';
import {
  scoreReplyFromMessage,
  scoreReplyToMessage,
  scoreRequestFromMessage,
  scoreRequestToMessage,
} from '../../../../reward/rpc/convert-score.js';
import type { RewardReply, RewardRequest } from '../../../../reward/serving/reward-service.js';
import { refusal } from '../../core/rpc/refusal.js';

const reward = { rubricHash: 'rubric-a', rewardModelHash: 'model-a' };

const request: RewardRequest = {
  reward,
  items: [
    {
      ...{ prompt: '', locale: 'ko-KR', category: 'food', promptTokenIds: [1, 2] },
      answers: [
        { tokenIds: [3], text: '밥' },
        { tokenIds: [], text: '' },
      ],
    },
    { prompt: 'x', answers: [{ text: 'only text' }] },
    { prompt: 'y', answers: [] },
  ],
};

const reply: RewardReply = {
  ...reward,
  outcomes: [
    [
      { kind: 'scored', score: { raw: 0, normalized: -1.5 } },
      { kind: 'judge_failed', reason: 'down', retryable: true },
    ],
    [{ kind: 'policy_malformed', reason: 'loop' }],
    [],
  ],
};

function sentRequest(edit: Partial<wire.ScoreRequest> = {}, of = request): wire.ScoreRequest {
  const message = { ...scoreRequestToMessage({ request: of }), ...edit };
  return ScoreRequestCodec.decode(ScoreRequestCodec.encode(message).finish());
}

function sentReply(edit: Partial<wire.ScoreResponse> = {}): wire.ScoreResponse {
  const message = { ...scoreReplyToMessage(reply), ...edit };
  return ScoreResponse.decode(ScoreResponse.encode(message).finish());
}

describe('a score request', () => {
  it('comes back as it was, by hashes or by alias, with its deadline', () => {
    expect(scoreRequestFromMessage(sentRequest())).toStrictEqual({ request });
    const byAlias = { ...request, reward: { alias: 'active' } };
    expect(scoreRequestFromMessage(sentRequest({ deadlineMs: 7 }, byAlias))).toStrictEqual({
      request: byAlias,
      deadlineMs: 7,
    });
  });

  it.each<[string, Partial<wire.ScoreRequest>]>([
    ['rubric_hash', { rubricHash: '' }],
    ['reward_model_hash', { rewardModelHash: '' }],
    ['items.0.prompt', { items: [{ prompt: undefined, promptTokenIds: [], answers: [] }] }],
    ['items.0.prompt.text', { items: [{ prompt: { id: '', locale: '' }, promptTokenIds: [], answers: [] }] }],
    [
      'items.0.answers.1.text',
      {
        items: [
          {
            ...scoreRequestToMessage({ request }).items[0],
            answers: [
              { tokenIds: [], text: 'a' },
              { tokenIds: [], text: undefined },
            ],
          },
        ],
      },
    ],
  ])('without its %s is refused', (place, edit) => {
    expect(refusal(() => scoreRequestFromMessage(sentRequest(edit))).input.place).toBe(place);
  });

  it('that names its reward in two ways, or no time at all, is refused', () => {
    expect(refusal(() => scoreRequestFromMessage(sentRequest({ alias: 'active' }))).input).toMatchObject({
      place: 'alias',
      found: '"active" beside a hash',
    });
    expect(refusal(() => scoreRequestFromMessage(sentRequest({ deadlineMs: 0 }))).input.place).toBe(
      'deadline_ms',
    );
  });

  it('that is empty or missing is refused', () => {
    const empty = ScoreRequestCodec.decode(new Uint8Array());
    expect(refusal(() => scoreRequestFromMessage(empty)).input.place).toBe('rubric_hash');
    expect(refusal(() => scoreRequestFromMessage(undefined)).input.found).toBe('nothing');
  });
});

describe('a score reply', () => {
  it('comes back as it was', () => {
    expect(scoreReplyFromMessage(request, sentReply())).toStrictEqual(reply);
  });

  it('to an alias names whatever hashes it was', () => {
    const byAlias = { ...request, reward: { alias: 'active' } };
    const other = { rubricHash: 'rubric-b', rewardModelHash: 'model-b' };
    expect(scoreReplyFromMessage(byAlias, sentReply(other))).toStrictEqual({ ...reply, ...other });
  });

  it('that is empty is refused, never read as no rewards', () => {
    const empty = ScoreResponse.decode(new Uint8Array());
    expect(refusal(() => scoreReplyFromMessage(request, empty)).input.place).toBe('rubric_hash');
    expect(refusal(() => scoreReplyFromMessage(request, undefined)).input.found).toBe('nothing');
  });

  it.each<[string, string, string, Partial<wire.ScoreResponse>]>([
    ['rubric_hash', 'rubric-b', 'rubric-a, as asked', { rubricHash: 'rubric-b' }],
    ['reward_model_hash', 'model-b', 'model-a, as asked', { rewardModelHash: 'model-b' }],
    ['items', '0 entries', '3 entries, as asked', { items: [] }],
    [
      'items.0.outcomes',
      '0 entries',
      '2 entries, as asked',
      { items: [{ outcomes: [] }, { outcomes: [] }, { outcomes: [] }] },
    ],
  ])('whose %s is %s is refused', (place, found, allowed, edit) => {
    const { input } = refusal(() => scoreReplyFromMessage(request, sentReply(edit)));
    expect(input).toEqual({ source: 'message majlis.v1.ScoreResponse', place, found, allowed });
  });

  it('with an outcome that says nothing is refused', () => {
    const items = [
      { outcomes: [{ outcome: undefined }, { outcome: undefined }] },
      ...sentReply().items.slice(1),
    ];
    const { input } = refusal(() => scoreReplyFromMessage(request, sentReply({ items })));
    expect(input).toMatchObject({ place: 'items.0.outcomes.0.outcome', found: 'nothing' });
  });
});
