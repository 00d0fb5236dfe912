import type { AnswerInWork, RequestInWork } from './reward-in-work.js';

/** Of one request at a time: it is answered sooner whole than in crumbs, and keeps nobody waiting for long. */
const LEAST_SHARE = 16;

/** What is left of a request. */
interface Line {
  readonly answers: AnswerInWork[];
  /** The first that nobody has taken. */
  next: number;
  /** How many more it gets before others have their turn; 0 before its own. */
  share: number;
}

/**
 * Answers that wait, by request. Requests take turns: each gets as many as any other, so that one of thousands of answers does not
 * keep the others waiting until it is through.
 */
export class WaitingAnswers {
  /** First come first; a request of which more is left goes to the end. */
  private readonly byRequest = new Map<RequestInWork, Line>();
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(answer: AnswerInWork): void {
    const known = this.byRequest.get(answer.of);
    if (known === undefined) this.byRequest.set(answer.of, { answers: [answer], next: 0, share: 0 });
    else known.answers.push(answer);
    this.count += 1;
  }

  /** Forgets the answers of a request, if any are left. */
  drop(request: RequestInWork): void {
    const line = this.byRequest.get(request);
    if (line === undefined) return;
    this.count -= line.answers.length - line.next;
    this.byRequest.delete(request);
  }

  /** Takes out so many, or all if there are fewer. */
  take(most: number): AnswerInWork[] {
    const taken: AnswerInWork[] = [];
    const share = Math.max(LEAST_SHARE, Math.ceil(most / this.byRequest.size));
    // What goes to the end of the map is come by again.
    for (const [request, line] of this.byRequest) {
      if (taken.length === most) break;
      if (line.share === 0) line.share = share;
      const own = Math.min(line.share, most - taken.length, line.answers.length - line.next);
      for (let at = 0; at < own; at += 1) taken.push(line.answers[line.next + at]);
      line.next += own;
      line.share -= own;
      const isThrough = line.next === line.answers.length;
      if (isThrough || line.share === 0) this.byRequest.delete(request);
      if (!isThrough && line.share === 0) this.byRequest.set(request, line);
    }
    this.count -= taken.length;
    return taken;
  }
}
