import type { ChatReply } from '../../../../reward/judge/chat-call.js';
import { settle } from '../../../../reward/gateway/call-settlement.js';

const most = { promptTokens: 900, completionTokens: 40 };
const usage = { promptTokens: 200, completionTokens: 9 };
const nothing = { promptTokens: 0, completionTokens: 0 };

describe('what a reply says of its bill', () => {
  it.each<[string, ChatReply, unknown]>([
    ['its usage', { kind: 'content', content: '{}', usage }, { ending: 'answered', usage, isOutage: false }],
    [
      'the usage of garbage, which is billed too',
      { kind: 'garbage', raw: 'x', usage },
      { ending: 'answered', usage, isOutage: false },
    ],
    [
      'its most, where the endpoint does not say',
      { kind: 'content', content: '{}' },
      { ending: 'unknown', usage: most, isOutage: false },
    ],
    [
      'its most after a time-out',
      {
        kind: 'failed',
        failure: { kind: 'timed_out' },
        reason: 'no answer within 30000 ms',
        retryable: true,
      },
      { ending: 'unknown', usage: most, isOutage: true },
    ],
    [
      'its most after a connection that broke',
      { kind: 'failed', failure: { kind: 'broken_off' }, reason: 'terminated', retryable: true },
      { ending: 'unknown', usage: most, isOutage: true },
    ],
    [
      'nothing where nobody was reached',
      { kind: 'failed', failure: { kind: 'unreachable' }, reason: 'fetch failed', retryable: true },
      { ending: 'failed', usage: nothing, isOutage: true },
    ],
    [
      'nothing for a server error, which is an outage',
      { kind: 'failed', failure: { kind: 'refused', status: 503 }, reason: 'HTTP 503', retryable: true },
      { ending: 'failed', usage: nothing, isOutage: true },
    ],
    [
      'nothing for a rate limit, which is no outage',
      { kind: 'failed', failure: { kind: 'refused', status: 429 }, reason: 'HTTP 429', retryable: true },
      { ending: 'failed', usage: nothing, isOutage: false },
    ],
    [
      'nothing for a call that was not sent',
      { kind: 'failed', failure: { kind: 'withheld' }, reason: 'no budget', retryable: false },
      { ending: 'failed', usage: nothing, isOutage: false },
    ],
    [
      'nothing for a refused format',
      { kind: 'unsupported', reason: 'HTTP 400' },
      { ending: 'failed', usage: nothing, isOutage: false },
    ],
  ])('is %s', (_case, reply, expected) => {
    expect(settle(reply, most)).toEqual(expected);
  });
});
