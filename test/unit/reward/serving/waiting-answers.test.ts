import { RequestInWork } from '../../../../reward/serving/reward-in-work.js';
import { WaitingAnswers } from '../../../../reward/serving/waiting-answers.js';

const prompt = { id: 'p', locale: 'ar', text: 'p' };

/** Requests of so many answers, which are told by the request's letter and their place. */
function waitingFor(sizes: readonly number[]): { waiting: WaitingAnswers; requests: RequestInWork[] } {
  const waiting = new WaitingAnswers();
  const requests = sizes.map((size) => new RequestInWork(size));
  for (const [at, of] of requests.entries()) {
    for (let place = 0; place < sizes[at]; place += 1) {
      const answer = `${'abc'[at]}${place}`;
      waiting.add({ answer: { prompt, answer }, key: undefined, of, place });
    }
  }
  return { waiting, requests };
}

const take = (waiting: WaitingAnswers, most: number): string =>
  waiting
    .take(most)
    .map(({ answer }) => answer.answer)
    .join(' ');

describe('WaitingAnswers', () => {
  it('gives all that there is, request by request, where it fits', () => {
    const { waiting } = waitingFor([2, 1, 2]);
    expect(waiting.length).toBe(5);
    expect(take(waiting, 5)).toBe('a0 a1 b0 c0 c1');
    expect([waiting.length, take(waiting, 5)]).toEqual([0, '']);
  });

  it('gives as many of each, what small ones leave to large ones, and goes on where it ended', () => {
    const { waiting } = waitingFor([6, 1, 6]);
    expect(take(waiting, 6)).toBe('a0 a1 b0 c0 c1 a2');
    expect(waiting.length).toBe(7);
    expect(take(waiting, 3)).toBe('c2 c3 a3');
    expect(take(waiting, 9)).toBe('c4 c5 a4 a5');
  });

  it('loses and doubles nothing, whatever is taken', () => {
    const { waiting } = waitingFor([50, 3, 17]);
    const taken: string[] = [];
    for (let most = 1; waiting.length > 0; most += 1) taken.push(...take(waiting, most).split(' '));
    expect(taken).toHaveLength(70);
    expect(new Set(taken).size).toBe(70);
  });

  it('forgets a request', () => {
    const { waiting, requests } = waitingFor([2, 1]);
    waiting.drop(requests[0]);
    waiting.drop(requests[0]);
    expect([waiting.length, take(waiting, 5)]).toEqual([1, 'b0']);
  });
});
