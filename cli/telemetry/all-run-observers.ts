import type { RunObserver } from '../../coordinator/run-observer.js';

/** Each of these, told of everything in turn. */
export function allRunObservers(...observers: readonly RunObserver[]): RunObserver {
  const tell = (one: (observer: RunObserver) => void): void => {
    for (const observer of observers) one(observer);
  };
  return {
    iterationFinished: (event) => tell((observer) => observer.iterationFinished?.(event)),
    answersCollected: (event) => tell((observer) => observer.answersCollected?.(event)),
    tasksIssued: (event) => tell((observer) => observer.tasksIssued?.(event)),
    tasksEnded: (event) => tell((observer) => observer.tasksEnded?.(event)),
    batchConsumed: (event) => tell((observer) => observer.batchConsumed?.(event)),
    resultRefused: (...refused) => tell((observer) => observer.resultRefused?.(...refused)),
    resultRepeated: () => tell((observer) => observer.resultRepeated?.()),
    alarm: (alarm) => tell((observer) => observer.alarm?.(alarm)),
  };
}
