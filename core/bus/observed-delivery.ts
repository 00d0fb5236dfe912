import type { Delivery } from './bus.js';
import type { BusObserver } from './bus-observer.js';

/** Tells the observer that a message was delivered, and what is said of it. */
export function observedDelivery(delivery: Delivery, queue: string, observer: BusObserver): Delivery {
  observer.delivered?.(queue, delivery.attempt);
  if (observer.settled === undefined) return delivery;
  return {
    ...delivery,
    ack: () => delivery.ack().then(() => observer.settled?.(queue, 'acked')),
    nak: (delayMs) => delivery.nak(delayMs).then(() => observer.settled?.(queue, 'returned')),
    working: () => delivery.working().then(() => observer.settled?.(queue, 'extended')),
    terminate: (reason) => delivery.terminate(reason).then(() => observer.settled?.(queue, 'terminated')),
  };
}
