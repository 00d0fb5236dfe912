import { z } from 'zod';
import { parseJson } from '../../../../core/config/parse-json.js';
import type { Run } from '../../../../core/domain/run.js';
import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import { differences, type Difference } from '../../../pipeline/differences.js';
import { describeControl } from '../../steer/describe-control.js';

/** What differs between two runs. `before` is the first of them, `after` the second. */
export interface RunsComparison {
  /** Leaves of the configuration, the seed among them, and the arm: a placebo is paid for shuffled labels. */
  readonly config: readonly Difference[];
  /** What was read and what computed. */
  readonly fingerprints: readonly Difference[];
  /** Control events, by their place in the run's order. */
  readonly controls: readonly Difference[];
  /** What the runs made of that: base weights, and the reward model of each rubric they were paid by. */
  readonly made: readonly Difference[];
  /** How far they came. */
  readonly progress: readonly Difference[];
  /** Figures of each run's last iteration. */
  readonly lastMetrics: readonly Difference[];
}

/** Compares all that the ledger says of two runs, but for the way between their first and last iteration. */
export function compareRuns(before: RunDescription, after: RunDescription): RunsComparison {
  const compare = (part: (run: RunDescription) => unknown): Difference[] =>
    differences(part(before), part(after));
  return {
    config: compare(({ run }) => ({ ...configOf(run), seed: run.seed, arm: run.name })),
    fingerprints: compare(({ run }) => run.fingerprints),
    controls: compare(controlsOf),
    made: compare(madeBy),
    progress: compare(({ run, iterations }) => ({ state: run.state, iterations: iterations.length })),
    lastMetrics: compare(({ iterations }) => figures(iterations.at(-1)?.metrics ?? {})),
  };
}

/** Whether anything that a run is a function of differs. */
export function differsInCause({ config, fingerprints, controls }: RunsComparison): boolean {
  return config.length + fingerprints.length + controls.length > 0;
}

function configOf({ id, config }: Run): Readonly<Record<string, unknown>> {
  return parseJson(config, z.record(z.string(), z.unknown()), { source: `config of run ${id}` });
}

function controlsOf({ controls }: RunDescription): Readonly<Record<string, string>> {
  return Object.fromEntries(
    controls.map(({ sequence, event, effectiveAt }) => {
      const when = effectiveAt === undefined ? 'not in force yet' : `from iteration ${effectiveAt} on`;
      return [`control event ${sequence}`, `${describeControl(event)}, ${when}`];
    }),
  );
}

function madeBy({ policyVersions, iterations }: RunDescription): Readonly<Record<string, string>> {
  const base = policyVersions.find(({ version }) => version === 0);
  return {
    ...(base === undefined ? {} : { 'base weights': base.hash }),
    ...Object.fromEntries(
      iterations.map(({ rubricHash, rewardModelHash }) => [
        `reward model of rubric ${rubricHash.slice(0, 12)}`,
        rewardModelHash,
      ]),
    ),
  };
}

/** As text where JSON has no number for them. */
function figures(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
  );
}
