import type { Delivery } from './bus.js';

/**
 * Parts of opened parcels that their puller had no room for: the next pull gets them first. They are leased all the while,
 * and their lease is kept by the parts that are in work.
 */
export class Surplus {
  private waiting: Delivery[] = [];

  /** Up to so many, oldest first. */
  take(max: number): Delivery[] {
    return this.waiting.splice(0, max);
  }

  /** The first `max`; the others wait for the next pull. */
  cut(deliveries: readonly Delivery[], max: number): readonly Delivery[] {
    if (deliveries.length <= max) return deliveries;
    this.waiting.push(...deliveries.slice(max));
    return deliveries.slice(0, max);
  }

  /** Forgets those of one run, or all: they were purged, or will be delivered again. */
  forget(run?: string): void {
    this.waiting = run === undefined ? [] : this.waiting.filter((delivery) => delivery.run !== run);
  }

  /** Gives everything back: nobody will pull again. */
  async giveBack(): Promise<void> {
    await Promise.all(this.take(Infinity).map((delivery) => delivery.nak()));
  }
}
