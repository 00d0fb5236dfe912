import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { LineListener, Service } from './service.js';

export interface CommandToStart {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly clock: Clock;
  readonly onLine: LineListener;
  /** Told the lines of stdout instead, where they are a result and no message. */
  readonly onResult?: LineListener;
}

/** How long a process may take to end before it is killed. */
const GRACE_MS = 15_000;

/** Starts a process in a group of its own, so that a terminal's Ctrl-C reaches it through us alone. */
export function startCommand(options: CommandToStart): Service {
  const { name, command, args, clock, onLine, onResult = onLine } = options;
  const child = spawn(command, [...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [follow(child.stdout, onResult), follow(child.stderr, onLine)];
  const ended = (async (): Promise<number | null> => {
    try {
      const [status] = (await once(child, 'exit')) as [number | null];
      await Promise.all(lines);
      return status;
    } catch (cause) {
      throw new MajlisError(`${command} could not be started.`, { code: 'failed_precondition', cause });
    }
  })();
  const signal = (kind: NodeJS.Signals): void => {
    // The group: what the process started ends with it.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, kind);
    }
  };
  return {
    name,
    ended,
    stop: async () => {
      signal('SIGTERM');
      const forget = clock.alarm(GRACE_MS, () => signal('SIGKILL'));
      await ended.catch(() => undefined);
      forget();
    },
  };
}

async function follow(stream: Readable, onLine: LineListener): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLine(line);
}
