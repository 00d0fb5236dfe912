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

/** Stretches of one request by their first and last place. */
const told = (taken: string): string => {
  const stretches: { letter: string; first: number; last: number }[] = [];
  for (const answer of taken.split(' ')) {
    const [letter, place] = [answer[0], Number(answer.slice(1))];
    const open = stretches.at(-1);
    if (open?.letter === letter && open.last === place - 1) open.last = place;
    else stretches.push({ letter, first: place, last: place });
  }
  return stretches
    .map(({ letter, first, last }) => `${letter}${first}${first === last ? '' : `-${last}`}`)
    .join(' ');
};

describe('WaitingAnswers', () => {
  it('gives all that there is, request by request, where it fits', () => {
    const { waiting } = waitingFor([2, 1, 2]);
    expect(waiting.length).toBe(5);
    expect(take(waiting, 5)).toBe('a0 a1 b0 c0 c1');
    expect([waiting.length, take(waiting, 5)]).toEqual([0, '']);
  });

  it('gives as many of each, what small ones leave to large ones, and goes on where it ended', () => {
    const { waiting } = waitingFor([60, 1, 60]);
    // A third of 60 each; what b leaves of its share, a has of its next.
    expect(told(take(waiting, 60))).toBe('a0-19 b0 c0-19 a20-38');
    expect(waiting.length).toBe(61);
    expect(told(take(waiting, 40))).toBe('a39 c20-39 a40-58');
    expect(told(take(waiting, 60))).toBe('a59 c40-59');
  });

  it('gives sixteen of one at a time where few are taken: each is through sooner than by crumbs of all', () => {
    const { waiting } = waitingFor([20, 16, 1]);
    expect(told(take(waiting, 8))).toBe('a0-7');
    expect(told(take(waiting, 8))).toBe('a8-15');
    expect(told(take(waiting, 20))).toBe('b0-15 c0 a16-18');
    expect(told(take(waiting, 20))).toBe('a19');
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
