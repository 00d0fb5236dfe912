import type { FleetObserver } from '../../coordinator/fleet/worker-registry.js';

/** Each of these, told of everything in turn. */
export function allFleetObservers(...observers: readonly FleetObserver[]): FleetObserver {
  const tell = (one: (observer: FleetObserver) => void): void => {
    for (const observer of observers) one(observer);
  };
  return {
    workerAttached: (...attached) => tell((observer) => observer.workerAttached?.(...attached)),
    workerRefused: (...refused) => tell((observer) => observer.workerRefused?.(...refused)),
    workerGone: (...gone) => tell((observer) => observer.workerGone?.(...gone)),
    workerCordoned: (...cordoned) => tell((observer) => observer.workerCordoned?.(...cordoned)),
  };
}
