import type { PoolStatus } from '../../../core/domain/pool-status.js';
import type { WorkerStatus } from '../../../core/domain/worker.js';
import type { RunSummary } from '../../../coordinator/control/run-control.js';
import { formatDuration } from '../../terminal/format-duration.js';
import { formatTable } from '../../terminal/format-table.js';
import { formatMetric } from '../runs/format-metric.js';
import type { Look } from './take-look.js';

/** What a look does not have: when it was taken, and how fast runs are. */
export interface LookContext {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Tokens per second by run id. */
  readonly rates: ReadonlyMap<string, number>;
}

const HASH_DIGITS = 12;

/** A look for people: three tables, each under its heading. */
export function topText(look: Look, context: LookContext): string {
  return [runsText(look, context), workersText(look, context), poolsText(look)].join('\n\n');
}

function runsText({ runs, over }: Look, { rates }: LookContext): string {
  const where = over === 'process' ? '' : ' (no process is at work; this is what the ledger has)';
  if (runs.length === 0) return `runs${where}: none`;
  const headings = ['run', 'state', 'iterations', 'reward', 'KL', 'tokens/s', 'staleness'];
  const rows = runs.map((summary) => runCells(summary, rates.get(summary.run.id)));
  return `runs${where}\n${formatTable(headings, rows)}`;
}

function runCells({ run, progress }: RunSummary, rate: number | undefined): string[] {
  const metric = (name: string): string => formatMetric(progress?.last?.metrics[name]);
  return [
    ...[run.id, run.state, String(progress?.iterations ?? '-')],
    ...[metric('objective/scores'), metric('objective/kl')],
    ...[rateCell(rate), metric('staleness/max')],
  ];
}

function rateCell(rate: number | undefined): string {
  return rate === undefined ? '-' : String(Math.round(rate));
}

function workersText({ fleet: { workers, refused } }: Look, { nowMs }: LookContext): string {
  const refusals = Object.entries(refused).map(([kind, count]) => `${count} ${kind}`);
  const said = refusals.length === 0 ? '' : `; refused: ${refusals.join(', ')}`;
  if (workers.length === 0) return `workers of other processes: none${said}`;
  const headings = [
    'worker',
    'pool',
    'state',
    'held/slots',
    'policy',
    'ready',
    'tokens/s',
    'longest',
    'attached',
  ];
  return `workers${said}\n${formatTable(
    headings,
    workers.map((worker) => workerCells(worker, nowMs)),
  )}`;
}

function workerCells(worker: WorkerStatus, nowMs: number): string[] {
  const longest = Math.max(0, ...worker.held.map(({ heldMs }) => heldMs));
  return [
    ...[worker.worker, worker.pool, worker.heldBack === undefined ? worker.state : 'HELD BACK'],
    ...[`${worker.held.length}/${worker.slots}`, worker.policyHash?.slice(0, HASH_DIGITS) ?? '-'],
    ...[worker.isReady ? 'yes' : 'no', rateCell(worker.tokensPerSecond)],
    worker.held.length === 0 ? '-' : formatDuration(longest),
    formatDuration(Math.max(0, nowMs - worker.attachedAtMs)),
  ];
}

function poolsText({ pools }: Look): string {
  if (typeof pools === 'string') return `queues: not known now: ${pools}`;
  if (pools.length === 0) return 'queues: none';
  const headings = ['pool', 'demand', 'outstanding', 'waiting', 'leased', 'results', 'dead letters'];
  return `queues\n${formatTable(headings, pools.map(poolCells))}`;
}

function poolCells({ pool, demand, outstanding, queues }: PoolStatus): string[] {
  const cell = (count: number | undefined): string => String(count ?? '-');
  return [
    ...[pool, String(demand), String(outstanding), cell(queues?.tasksPending)],
    ...[cell(queues?.tasksLeased), cell(queues?.resultsPending), cell(queues?.deadLetters)],
  ];
}
