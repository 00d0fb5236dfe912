#!/usr/bin/env node
import { readEnvironment } from '../core/config/environment.js';
import { MajlisError } from '../core/errors.js';
import { systemClock } from '../core/runtime/clock.js';
import { createProgram, usageExitCode } from './commands/program.js';
import { describeFailure } from './terminal/describe-failure.js';
import { createTerminal } from './terminal/terminal.js';

const INTERRUPTED = 130;

async function main(): Promise<void> {
  const environment = readEnvironment();
  const terminal = createTerminal(process, environment);
  const stop = new AbortController();
  let interrupt = (): void => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    terminal.say('majlis: stopping; once more stops at once');
    stop.abort(new MajlisError('stopped before the end; what was recorded is kept', { code: 'cancelled' }));
  };
  process.on('SIGINT', () => interrupt()).on('SIGTERM', () => interrupt());
  const takeOverStops = (handler: () => void): void => {
    interrupt = handler;
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe may leave early, as `head` does.
    if (error.code === 'EPIPE') process.exit(process.exitCode);
    throw error;
  });

  const program = createProgram({
    terminal,
    environment,
    clock: systemClock,
    signal: stop.signal,
    takeOverStops,
  });
  try {
    await program.parseAsync();
  } catch (thrown) {
    const usage = usageExitCode(thrown);
    if (usage !== undefined) {
      process.exitCode = usage;
      return;
    }
    // What stopped first says so in its own words; the person only asked to stop.
    const wasStopped = stop.signal.aborted && MajlisError.from(thrown).code === 'cancelled';
    const failure: unknown = wasStopped ? stop.signal.reason : thrown;
    const { verbose } = program.opts<{ verbose?: boolean }>();
    const { message, exitCode } = describeFailure(failure, verbose === true);
    terminal.say(message);
    process.exitCode = exitCode;
  }
}

void main();
