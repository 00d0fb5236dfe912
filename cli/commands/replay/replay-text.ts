import type { IterationReplay } from '../../../coordinator/replay/replay-iteration.js';
import type { QuantityComparison } from '../../../coordinator/replay/compare-quantity.js';
import type { Difference } from '../../pipeline/differences.js';
import { formatTable } from '../../terminal/format-table.js';
import type { ReplayVerdict } from './replay-verdict.js';

interface ReplayReport {
  readonly run: string;
  readonly verdict: ReplayVerdict;
  readonly changed: readonly Difference[];
  readonly tolerance: number;
  readonly replay: IterationReplay;
}

/** A replay for people: what was compared, and what that says. */
export function replayText(report: ReplayReport): string {
  const { run, replay, changed } = report;
  return [
    `run        ${run}`,
    `iteration  ${replay.iteration}, replayed ${origin(replay)}`,
    `computed   ${changed.length === 0 ? 'with the version, engine build and CPU type that recorded it' : elsewhere(changed)}`,
    '',
    formatTable(
      ['quantity', 'numbers', 'largest relative difference'],
      replay.quantities.map((compared) => [compared.quantity, String(compared.count), apart(compared)]),
    ),
    '',
    formatTable(['hash', 'recorded', 'recomputed'], hashRows(replay)),
    '',
    conclusion(report),
  ].join('\n');
}

function origin({ from, iteration }: IterationReplay): string {
  const start = from.isCheckpoint
    ? `from the checkpoint before iteration ${from.iteration}`
    : "from the run's first policy";
  const between = iteration - from.iteration;
  if (between === 0) return start;
  return `${start}, over ${between === 1 ? 'one iteration' : `${between} iterations`}`;
}

function elsewhere(changed: readonly Difference[]): string {
  const sentences = changed.map(
    ({ place, before, after }) => `${place} was ${before ?? 'not recorded'} and is ${after ?? 'not known'}`,
  );
  return `elsewhere: ${sentences.join('; ')}`;
}

function apart({ isIdentical, largestRelativeDifference }: QuantityComparison): string {
  if (isIdentical) return '0, every bit the same';
  return largestRelativeDifference === undefined
    ? 'not comparable'
    : largestRelativeDifference.toExponential(2);
}

/** The policies before the iteration only where they are not the recorded ones. */
function hashRows({ before, hashes }: IterationReplay): string[][] {
  const offTheWay = before
    .filter(({ hash, recordedHash }) => hash !== recordedHash)
    .map(({ iteration, version, recordedHash, hash }) => [
      `policy version ${version}, after iteration ${iteration}`,
      short(recordedHash),
      short(hash),
    ]);
  const own = hashes.map(({ what, recorded, recomputed }) => [
    what,
    short(recorded),
    recorded === recomputed ? 'the same' : short(recomputed),
  ]);
  return [...offTheWay, ...own];
}

function short(hash: string): string {
  return hash.slice(0, 12);
}

function conclusion({ verdict, changed, tolerance }: ReplayReport): string {
  switch (verdict) {
    case 'identical':
      return 'Every bit is the same.';
    case 'within_tolerance':
      return `No number is further off than ${tolerance} of the largest of its kind.`;
    case 'different':
      return changed.length === 0
        ? 'NOT the same, though it should be to the bit: what is stored was changed, or the machine or Majlis errs.'
        : `Further off than ${tolerance}, which --tolerance sets: this engine does not compute what was recorded.`;
  }
}
