/** Why somebody waits no more: time is up, he left, or the gateway stops. */
export type EndOfWaiting = 'deadline' | 'asker' | 'stop';

/**
 * Somebody who waits for a verdict, until the first of the reasons not to. One controller stands for all of them: joining
 * signals would hang every question that was ever asked on the longest-lived of them.
 */
export class Waiting {
  endedBy: EndOfWaiting | undefined;
  private readonly controller = new AbortController();
  private readonly left = (): void => this.end('asker');

  constructor(private readonly asker: AbortSignal | undefined) {
    if (asker?.aborted === true) this.end('asker');
    asker?.addEventListener('abort', this.left, { once: true });
  }

  /** Fires when the waiting ends. */
  get ended(): AbortSignal {
    return this.controller.signal;
  }

  end(reason: EndOfWaiting): void {
    this.endedBy ??= reason;
    this.controller.abort();
  }

  /** It is over, with an answer or without. */
  leave(): void {
    this.asker?.removeEventListener('abort', this.left);
  }
}
