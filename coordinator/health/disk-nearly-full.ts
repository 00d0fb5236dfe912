import type { DiskState, HealthCheck } from './health-check.js';

export interface DiskLimit {
  /** Bytes that stay free, whatever an iteration writes. */
  readonly bytes: number;
  /** Iterations that must still fit. */
  readonly iterations: number;
}

const GIB = 2 ** 30;

/** Stops while there is still room to say so, and for the iteration in hand to be kept. */
export function diskNearlyFull(run: string, limit: DiskLimit): HealthCheck {
  return (_history, disk) => {
    const needed = Math.max(limit.bytes, limit.iterations * disk.iterationBytes);
    if (!(disk.freeBytes < needed)) return undefined;
    return {
      kind: 'disk_nearly_full',
      sentence: `The volume of ${disk.path} has ${inGib(disk.freeBytes)} free; allowed: at least ${inGib(needed)} (${origin(limit, disk)}).`,
      nextStep: `Free space on it, with \`majlis ledger gc\` for what no run needs any more, then \`majlis resume ${run}\`.`,
    };
  };
}

function origin({ bytes, iterations }: DiskLimit, { iterationBytes }: DiskState): string {
  return bytes >= iterations * iterationBytes
    ? 'health.diskFreeGiB'
    : `health.diskFreeIterations: ${iterations} times the ${inGib(iterationBytes)} of one iteration`;
}

function inGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(2)} GiB`;
}
