import { ServedTrainers } from '../../cli/serving/served-trainers.js';
import { systemClock } from '../../core/runtime/clock.js';
import { createPinoLogger } from '../../core/telemetry/pino-logger.js';

/** A reward server's trainers, of which nobody is told; PyTorch ones are connected to as they are named. */
export function quietTrainers(onChange: (sentence: string) => void = () => undefined): ServedTrainers {
  const logger = createPinoLogger({ level: 'silent' });
  return new ServedTrainers({
    threads: 1,
    clock: systemClock,
    logger,
    signal: new AbortController().signal,
    onChange,
  });
}
