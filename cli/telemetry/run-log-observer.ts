import type { Logger } from '../../core/telemetry/logger.js';
import type { RunObserver } from '../../coordinator/run-observer.js';
import type { RolloutWorkerObserver } from '../../workers/rollout/rollout-worker-options.js';

/** Writes down a run's alarms. */
export function runLogObserver(logger: Logger, run: string): RunObserver {
  return { alarm: ({ kind, message }) => logger.warn(message, { run, alarm: kind }) };
}

/** Writes down what a worker of this process could not do. */
export function workerLogObserver(logger: Logger, run: string): RolloutWorkerObserver {
  return {
    taskFailed: (taskId, error, handling) =>
      logger.warn(`task ${taskId ?? '(undecodable)'} was ${handling}: ${error.message}`, { run }),
  };
}
