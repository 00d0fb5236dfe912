import type { AnswerInWork, RequestInWork } from './reward-in-work.js';

/**
 * Answers that wait, by request. Whoever takes some gets about as many of each request, so that one of thousands of answers does
 * not keep the others waiting until it is through.
 */
export class WaitingAnswers {
  /** First come first; a request of which more is left goes to the end. */
  private readonly byRequest = new Map<RequestInWork, AnswerInWork[]>();
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(answer: AnswerInWork): void {
    const known = this.byRequest.get(answer.of);
    if (known === undefined) this.byRequest.set(answer.of, [answer]);
    else known.push(answer);
    this.count += 1;
  }

  /** Forgets the answers of a request, if any are left. */
  drop(request: RequestInWork): void {
    this.count -= this.byRequest.get(request)?.length ?? 0;
    this.byRequest.delete(request);
  }

  /** Takes out so many, or all if there are fewer. */
  take(most: number): AnswerInWork[] {
    const taken: AnswerInWork[] = [];
    while (taken.length < most && this.byRequest.size > 0) {
      const share = Math.ceil((most - taken.length) / this.byRequest.size);
      for (const [request, answers] of [...this.byRequest]) {
        if (taken.length === most) break;
        const own = answers.slice(0, Math.min(share, most - taken.length));
        taken.push(...own);
        this.drop(request);
        if (own.length < answers.length) this.putBack(request, answers.slice(own.length));
      }
    }
    return taken;
  }

  private putBack(request: RequestInWork, answers: AnswerInWork[]): void {
    this.byRequest.set(request, answers);
    this.count += answers.length;
  }
}
