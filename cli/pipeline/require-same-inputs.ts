import { BadInputError } from '../../core/errors.js';
import { differences, type Difference } from './differences.js';
import type { RunRecord } from './run-record.js';

/**
 * Refuses to go on with other inputs than the run began with, naming every difference: its policy would be a function of
 * two configurations and reproducible from neither.
 */
export function requireSameInputs(began: RunRecord, now: Pick<RunRecord, 'config' | 'fingerprints'>): void {
  const inConfig = differences(began.config, now.config);
  // The config's own hash says no more than its values do.
  const inFiles = differences(began.fingerprints, now.fingerprints).filter(({ place }) => place !== 'config');
  const found = [...inConfig, ...inFiles];
  if (found.length === 0) return;
  throw new BadInputError({
    source: began.runFile,
    found: found.map(sentence).join('; '),
    allowed: 'what the run began with; put it back, or start a new run',
  });
}

function sentence({ place, before, after }: Difference): string {
  return `${place} was ${short(before)} and is ${short(after)}`;
}

function short(value: string | undefined): string {
  if (value === undefined) return 'absent';
  return value.length > 40 ? `${value.replace(/^"/, '').slice(0, 12)}…` : value;
}
