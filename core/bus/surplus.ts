import type { Delivery } from './bus.js';

/**
 * Parts of opened parcels that their puller had no room for: the next pull gets them first. While they wait their lease is
 * kept by the parts that are in work.
 */
export class Surplus {
  private waiting: Delivery[] = [];

  /**
   * Up to so many, oldest first. Their lease is extended, since it began with the first part that was taken, and short work
   * on each part would never last until its own first extension.
   */
  async take(max: number): Promise<readonly Delivery[]> {
    const taken = this.waiting.splice(0, max);
    await Promise.all(taken.map((delivery) => delivery.working()));
    return taken;
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
    await Promise.all(this.waiting.splice(0).map((delivery) => delivery.nak()));
  }
}
