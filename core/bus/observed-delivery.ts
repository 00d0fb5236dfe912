import type { Delivery } from './bus.js';
import type { BusObserver } from './bus-observer.js';

/** Tells the observer that a message was delivered, and what is said of it. */
export function observedDelivery(delivery: Delivery, queue: string, observer: BusObserver): Delivery {
  observer.delivered?.(queue, delivery.attempt);
  const { settled } = observer;
  if (settled === undefined) return delivery;
  type How = Parameters<typeof settled>[1];
  const told = (what: Promise<void>, how: How): Promise<void> =>
    what.then(() => settled.call(observer, queue, how));
  return {
    ...delivery,
    ack: () => told(delivery.ack(), 'acked'),
    nak: (delayMs) => told(delivery.nak(delayMs), 'returned'),
    working: () => told(delivery.working(), 'extended'),
    terminate: (reason) => told(delivery.terminate(reason), 'terminated'),
  };
}
