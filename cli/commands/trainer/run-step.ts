import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MajlisError } from '../../../core/errors.js';
import type { Clock } from '../../../core/runtime/clock.js';

const TOLD_EVERY_MS = 10_000;
const LONGEST_TOLD = 120;
const MILLISECONDS = 1000;
/** Of what a failed command said. */
const LAST_LINES = 8;

/** A command of a set-up. */
export interface Step {
  readonly command: string;
  readonly args: readonly string[];
  /** What a person does where it fails. */
  readonly advice: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Runs a command to its end and tells every ten seconds what it last said. One that fails or cannot be started is
 * `failed_precondition`, with the command, its last lines and the advice; an abort ends it and is `cancelled`.
 */
export async function runStep(step: Step): Promise<void> {
  const { command, args, advice, clock, signal, say } = step;
  const line = [command, ...args].join(' ');
  signal.throwIfAborted();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      said.push(text);
      if (said.length > LAST_LINES) said.shift();
    });
  }
  const start = clock.now();
  const seconds = (): string => ((clock.now() - start) / MILLISECONDS).toFixed(0);
  const newest = (): string => (said.at(-1) ?? line).trim().slice(0, LONGEST_TOLD);
  const timer = setInterval(() => say(`majlis: ${seconds()} s: ${newest()}`), TOLD_EVERY_MS);
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    if (status === 0) return;
    throw failure(`${line} ended with status ${String(status)}: ${said.join(' | ')}`, advice);
  } catch (thrown) {
    if (thrown instanceof MajlisError || signal.aborted) throw MajlisError.from(thrown);
    throw failure(`${command} could not be started`, advice, thrown);
  } finally {
    clearInterval(timer);
  }
}

function failure(what: string, advice: string, cause?: unknown): MajlisError {
  return new MajlisError(`${what}. Next: ${advice}.`, { code: 'failed_precondition', cause });
}
