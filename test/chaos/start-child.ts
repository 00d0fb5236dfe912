import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { compiledModule } from '../../core/runtime/package-root.js';
import type { ChildOrder } from './child-order.js';

/** How a start ended. */
export interface ChildEnd {
  readonly end: 'finished' | 'killed' | 'failed' | 'hung';
  readonly stderr: string;
}

/** A start that takes longer than this will never end. */
const PATIENCE_MS = 120_000;

/** Starts the compiled child and waits for its end; from outside it is killed after `killAfterMs`, where that is told. */
export async function startChild(order: ChildOrder, killAfterMs?: number): Promise<ChildEnd> {
  const child = spawn(process.execPath, [compiledModule('test/chaos/crash-child'), JSON.stringify(order)], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let hung = false;
  const patience = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  const killer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const stderr = await text(child.stderr);
  await closed;
  clearTimeout(patience);
  clearTimeout(killer);
  if (hung) return { end: 'hung', stderr };
  if (child.signalCode === 'SIGKILL') return { end: 'killed', stderr };
  return { end: child.exitCode === 0 ? 'finished' : 'failed', stderr };
}
