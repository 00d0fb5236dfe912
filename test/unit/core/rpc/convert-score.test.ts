import { ScoreRequest as ScoreRequestCodec, ScoreResponse } from '../../../../proto/gen/majlis/v1/reward.js';
import type * as wire from '../../../../proto/gen/majlis/v1/reward.js';
import type { Reward } from '../../../../core/domain/reward.js';
import type { Outcome } from '../../../../core/domain/verdict.js';
import type { ScoreRequest } from '../../../../core/scorer/scorer.js';
import {
  scoreReplyFromMessage,
  scoreReplyToMessage,
  scoreRequestFromMessage,
  scoreRequestToMessage,
} from '../../../../core/rpc/convert-score.js';
import { refusal } from './refusal.js';

const request: ScoreRequest = {
  rubricHash: 'rubric-a',
  rewardModelHash: 'model-a',
  items: [
    {
      prompt: { id: 'p1', locale: 'ko-KR', text: '', category: 'food' },
      promptTokenIds: [1, 2],
      answers: [
        { tokenIds: [3], text: '밥' },
        { tokenIds: [], text: '' },
      ],
    },
    { prompt: { id: 'p2', locale: 'ko-KR', text: 'x' }, promptTokenIds: [], answers: [] },
  ],
};

const outcomes: readonly (readonly Outcome<Reward>[])[] = [
  [
    { kind: 'scored', score: { raw: 0, normalized: -1.5 } },
    { kind: 'judge_failed', reason: 'down', retryable: true },
  ],
  [],
];

function sentRequest(edit: Partial<wire.ScoreRequest> = {}): wire.ScoreRequest {
  const message = { ...scoreRequestToMessage(request), ...edit };
  return ScoreRequestCodec.decode(ScoreRequestCodec.encode(message).finish());
}

function sentReply(edit: Partial<wire.ScoreResponse> = {}): wire.ScoreResponse {
  const message = { ...scoreReplyToMessage(request, outcomes), ...edit };
  return ScoreResponse.decode(ScoreResponse.encode(message).finish());
}

describe('a score request', () => {
  it('comes back as it was', () => {
    expect(scoreRequestFromMessage(sentRequest())).toStrictEqual(request);
  });

  it.each<[string, Partial<wire.ScoreRequest>]>([
    ['rubric_hash', { rubricHash: '' }],
    ['reward_model_hash', { rewardModelHash: '' }],
    ['items.0.prompt', { items: [{ prompt: undefined, promptTokenIds: [], answers: [] }] }],
    [
      'items.0.answers.1.text',
      {
        items: [
          {
            ...scoreRequestToMessage(request).items[0],
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

  it('that is empty is refused', () => {
    const empty = ScoreRequestCodec.decode(new Uint8Array());
    expect(refusal(() => scoreRequestFromMessage(empty)).input.place).toBe('rubric_hash');
  });
});

describe('a score reply', () => {
  it('comes back as it was', () => {
    expect(scoreReplyFromMessage(request, sentReply())).toStrictEqual(outcomes);
  });

  it('that is empty is refused, never read as no rewards', () => {
    const empty = ScoreResponse.decode(new Uint8Array());
    expect(refusal(() => scoreReplyFromMessage(request, empty)).input.place).toBe('rubric_hash');
    expect(refusal(() => scoreReplyFromMessage(request, undefined)).input.found).toBe('nothing');
  });

  it.each<[string, string, string, Partial<wire.ScoreResponse>]>([
    ['rubric_hash', 'rubric-b', 'rubric-a, as asked', { rubricHash: 'rubric-b' }],
    ['reward_model_hash', 'model-b', 'model-a, as asked', { rewardModelHash: 'model-b' }],
    ['items', '0 entries', '2 entries, as asked', { items: [] }],
    ['items.0.outcomes', '0 entries', '2 entries, as asked', { items: [{ outcomes: [] }, { outcomes: [] }] }],
  ])('whose %s is %s is refused', (place, found, allowed, edit) => {
    const { input } = refusal(() => scoreReplyFromMessage(request, sentReply(edit)));
    expect(input).toEqual({ source: 'message majlis.v1.ScoreResponse', place, found, allowed });
  });

  it('with an outcome that says nothing is refused', () => {
    const items = [{ outcomes: [{ outcome: undefined }, { outcome: undefined }] }, { outcomes: [] }];
    const { input } = refusal(() => scoreReplyFromMessage(request, sentReply({ items })));
    expect(input).toMatchObject({ place: 'items.0.outcomes.0.outcome', found: 'nothing' });
  });
});
