import { SlowJudge } from '../../../bench/slow-judge.js';
import type { ScoreItem } from '../../../core/scorer/scorer.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeScorer, scored } from '../../support/fake-scorer.js';

function request(answers: number): { rubricHash: string; rewardModelHash: string; items: ScoreItem[] } {
  const prompt = { id: 'p', locale: 'ar', text: 'p' };
  const item = {
    prompt,
    promptTokenIds: [1],
    answers: Array.from({ length: answers }, () => ({ tokenIds: [2], text: '' })),
  };
  return { rubricHash: 'r', rewardModelHash: 'm', items: [item] };
}

describe('SlowJudge', () => {
  it('takes as long for many requests at once as for one with all their answers', async () => {
    const clock = new FakeClock();
    const judge = new SlowJudge(new FakeScorer(() => scored(1)), clock, 10);
    const done: string[] = [];
    void judge.score(request(2)).then(() => done.push('first'));
    void judge.score(request(3)).then(() => done.push('second'));
    await clock.advance(19);
    expect(done).toEqual([]);
    await clock.advance(30);
    expect(done).toEqual(['first']);
    await clock.advance(1);
    expect(done).toEqual(['first', 'second']);
  });

  it('does not keep others waiting for a request that was cancelled', async () => {
    const clock = new FakeClock();
    const judge = new SlowJudge(new FakeScorer(() => scored(1)), clock, 10);
    const stop = new AbortController();
    const cancelled = judge.score(request(1000), stop.signal);
    cancelled.catch(() => undefined);
    const next = judge.score(request(1));
    await clock.advance(5);
    stop.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    await clock.advance(10);
    expect(await next).toEqual([[scored(1)]]);
  });
});
