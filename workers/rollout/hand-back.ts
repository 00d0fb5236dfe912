import { MajlisError } from '../../core/errors.js';

/**
 * The moment at which a worker's tasks have to go back: whatever is waited for then ends as `cancelled`, since what was
 * asked may not honour its signal, or only late. One listener for all tasks in work.
 */
export class HandBack {
  private readonly waiting = new Set<() => void>();

  constructor(readonly signal: AbortSignal) {
    const end = (): void => {
      for (const abandon of [...this.waiting]) abandon();
    };
    signal.addEventListener('abort', end, { once: true });
  }

  /** The promise's outcome, or `cancelled` as soon as tasks go back. */
  unless<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const abandon = (): void => {
        this.waiting.delete(abandon);
        reject(new MajlisError('the task was handed back before its answer', { code: 'cancelled' }));
      };
      this.waiting.add(abandon);
      promise.then(
        (value) => {
          this.waiting.delete(abandon);
          resolve(value);
        },
        (thrown: unknown) => {
          this.waiting.delete(abandon);
          reject(MajlisError.from(thrown));
        },
      );
      if (this.signal.aborted) abandon();
    });
  }
}
