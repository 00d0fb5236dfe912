import type { Check } from './check.js';

/** What the checks want to know of the machine. */
export interface Machine {
  /** As `process.versions.node`. */
  readonly nodeVersion: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

const LEAST_NODE = [20, 19] as const;
const QUICKSTART_CORES = 2;
const QUICKSTART_MEMORY_BYTES = 1.5e9;

/** Node's version, cores and memory, against what the quickstart needs. */
export function checkMachine({ nodeVersion, cores, memoryBytes }: Machine): Check[] {
  return [
    {
      name: 'Node',
      found: nodeVersion,
      ...verdict(isNewEnough(nodeVersion), 'fail', `install Node ${LEAST_NODE.join('.')} or later`),
    },
    {
      name: 'cores',
      found: String(cores),
      ...verdict(cores >= QUICKSTART_CORES, 'warn', 'expect the quickstart to take about twice as long'),
    },
    {
      name: 'memory',
      found: `${(memoryBytes / 1e9).toFixed(1)} GB`,
      ...verdict(
        memoryBytes >= QUICKSTART_MEMORY_BYTES,
        'warn',
        'the quickstart may need up to 1.5 GB; give it more memory or fewer --workers',
      ),
    },
  ];
}

function verdict(isFine: boolean, otherwise: 'warn' | 'fail', next: string): Pick<Check, 'status' | 'next'> {
  return isFine ? { status: 'ok' } : { status: otherwise, next };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
}
