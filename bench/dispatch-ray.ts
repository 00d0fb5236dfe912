import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { MajlisError } from '../core/errors.js';
import { packageRoot } from '../core/runtime/package-root.js';

const startedSchema = z.object({ version: z.string() });
const roundSchema = z.object({ seconds: z.number() });

/** Ray with so many actors, in processes of its own that sleep between rounds. */
export interface RayPeer {
  readonly version: string;
  /** Seconds that so many pipelined calls took. */
  play(calls: number): Promise<number>;
  close(): Promise<void>;
}

export async function openRay(options: {
  readonly actors: number;
  readonly taskBytes: number;
  readonly resultBytes: number;
}): Promise<RayPeer> {
  const python = join(packageRoot, '.venv', 'bin', 'python');
  if (!existsSync(python)) {
    throw new MajlisError(`${python} is missing: node scripts/setup-python.mjs makes it.`, {
      code: 'failed_precondition',
    });
  }
  const script = join(packageRoot, 'bench', 'dispatch-ray.py');
  const args = [options.actors, options.taskBytes, options.resultBytes].map(String);
  const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) {
      const advice = 'is ray in .venv? node scripts/setup-python.mjs installs it';
      throw new MajlisError(`${script} ended early; ${advice}.`, { code: 'internal' });
    }
    return JSON.parse(line.value);
  };
  const { version } = startedSchema.parse(await next());
  return {
    version,
    play: async (calls) => {
      child.stdin.write(`${calls}\n`);
      return roundSchema.parse(await next()).seconds;
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
