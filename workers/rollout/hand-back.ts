import { MajlisError } from '../../core/errors.js';
import { Slots } from './slots.js';

/**
 * The moment at which a worker's tasks have to go back: whatever is waited for then ends as `cancelled`, since what was
 * asked may not honour its signal, or only late. One listener for all tasks in work.
 */
export class HandBack {
  private readonly waiting = new Slots<(reason: MajlisError) => void>();

  constructor(readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** The promise's outcome, or `cancelled` as soon as tasks go back. */
  unless<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const place = this.waiting.put(reject);
      promise.then(
        (value) => {
          this.waiting.clear(place);
          resolve(value);
        },
        (thrown: unknown) => {
          this.waiting.clear(place);
          reject(MajlisError.from(thrown));
        },
      );
      if (this.signal.aborted) this.end();
    });
  }

  /** Who was told before is not told anew: his promise has its outcome. */
  private end(): void {
    const reason = new MajlisError('the task was handed back before its answer', { code: 'cancelled' });
    for (const reject of this.waiting.list()) reject(reason);
  }
}
