import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { compiledModule } from '../../../core/runtime/package-root.js';
import type { PodOrder } from './pod-order.js';
import { readPodEvent, type PodEvent } from './pod-event.js';

export type PodKind = 'coordinator' | 'worker' | 'trainer' | 'gateway';

/** How a pod's process ended. */
export interface PodEnd {
  readonly end: 'finished' | 'killed' | 'failed';
  readonly stderr: string;
}

/** One start of a pod: a node process, and what it says. */
export class Pod {
  readonly ended: Promise<PodEnd>;
  /** Undefined while it runs. */
  end: PodEnd | undefined;
  private readonly child: ChildProcess;

  constructor(
    readonly kind: PodKind,
    readonly order: PodOrder,
    hear: (event: PodEvent) => void,
  ) {
    const args = [compiledModule(`test/chaos/fleet/${kind}-pod`), JSON.stringify(order)];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.ended = endOf(child, hear).then((end) => (this.end = end));
  }

  get name(): string {
    return this.order.name;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

async function endOf(child: ChildProcess, hear: (event: PodEvent) => void): Promise<PodEnd> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('a pod has no voice');
  const closed = once(child, 'close');
  createInterface(stdout).on('line', (line) => hear(readPodEvent(line)));
  const said = await text(stderr);
  await closed;
  if (child.signalCode !== null) return { end: 'killed', stderr: said };
  return { end: child.exitCode === 0 ? 'finished' : 'failed', stderr: said };
}
