import { RUN_TRANSITIONS } from '../../domain/run-state.js';

/** A promise of the ledger's records, and the query for what breaks it: one text for each violation. */
export interface Invariant {
  readonly name: string;
  readonly promise: string;
  /** Selects one column, `problem`. */
  readonly violations: string;
}

const STATES = Object.keys(RUN_TRANSITIONS)
  .map((state) => `'${state}'`)
  .join(', ');

/** Numbers that begin somewhere and have no gap, per run. */
function contiguous(table: string, column: string, first: number): string {
  return `SELECT 'run ' || run || ' has ' || count(*) || ' rows in ${table}, numbered ' || min(${column}) || ' to '
      || max(${column}) AS problem FROM ${table} GROUP BY run
    HAVING min(${column}) <> ${first} OR max(${column}) - min(${column}) + 1 <> count(*)`;
}

/** Everything that the records of one ledger promise about each other. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'run states',
    promise: 'every run is in a known state, the last that its events tell',
    violations: `
      SELECT 'run ' || id || ' is ' || state AS problem FROM runs WHERE state NOT IN (${STATES})
      UNION ALL
      SELECT 'run ' || id || ' is ' || state || ', its last event says ' || told FROM (
        SELECT id, state, (SELECT payload ->> 'state' FROM run_events
          WHERE run = runs.id AND kind = 'state_changed' ORDER BY sequence DESC LIMIT 1) AS told FROM runs)
        WHERE told <> state`,
  },
  {
    name: 'tasks',
    promise: 'every task is in one state, which its result and its iteration bear out',
    violations: `
      SELECT 'task ' || id || ' of run ' || run || ' is ' || state || ', and its result is '
        || iif(payload_hash IS NULL, 'absent', 'there') AS problem
      FROM tasks WHERE (state = 'outstanding' AND payload_hash IS NOT NULL)
        OR (state IN ('accepted', 'consumed') AND payload_hash IS NULL)
      UNION ALL
      SELECT 'task ' || id || ' of run ' || tasks.run || ' was consumed by iteration ' || consumed_in
        || ', which the journal does not have'
      FROM tasks LEFT JOIN iterations ON iterations.run = tasks.run AND iterations.iteration = consumed_in
      WHERE consumed_in IS NOT NULL AND iterations.run IS NULL`,
  },
  {
    name: 'iterations',
    promise: 'iterations are numbered from 0 without gaps, by policies and control events that are there',
    violations: `
      ${contiguous('iterations', 'iteration', 0)}
      UNION ALL
      SELECT 'iteration ' || iteration || ' of run ' || iterations.run || ' names policy version ' || policy_version
        || ', which is not recorded'
      FROM iterations LEFT JOIN policy_versions ON policy_versions.run = iterations.run AND version = policy_version
      WHERE version IS NULL
      UNION ALL
      SELECT 'iteration ' || iteration || ' of run ' || run || ' names control event ' || control_sequence
        || ', which was not in force'
      FROM iterations WHERE control_sequence <> 0 AND NOT EXISTS (SELECT * FROM control_events
        WHERE run = iterations.run AND sequence = control_sequence AND effective_at <= iteration)`,
  },
  {
    name: 'policy versions',
    promise: 'policy versions are numbered from 0 without gaps',
    violations: contiguous('policy_versions', 'version', 0),
  },
  {
    name: 'events',
    promise: 'events are numbered from 1 without gaps, and each iteration finished once',
    violations: `
      ${contiguous('run_events', 'sequence', 1)}
      UNION ALL
      SELECT 'run ' || run || ' finished iteration ' || (payload ->> 'iteration') || ' ' || count(*) || ' times'
      FROM run_events WHERE kind = 'iteration_finished' GROUP BY run, payload ->> 'iteration' HAVING count(*) > 1`,
  },
  {
    name: 'control events',
    promise:
      'control events are numbered from 1 without gaps, and take effect in their order, not before they are due',
    // A cancel ends the run; what was asked before it and not due then never comes.
    violations: `
      ${contiguous('control_events', 'sequence', 1)}
      UNION ALL
      SELECT 'control event ' || sequence || ' of run ' || run || ' took effect before iteration ' || effective_at
        || ', and was asked for ' || (event ->> 'iteration')
      FROM control_events WHERE effective_at < (event ->> 'iteration')
      UNION ALL
      SELECT 'control event ' || later.sequence || ' of run ' || later.run || ' took effect before event '
        || earlier.sequence || ', which was due'
      FROM control_events AS later JOIN control_events AS earlier
        ON earlier.run = later.run AND earlier.sequence < later.sequence
      WHERE later.event ->> 'kind' <> 'cancel'
        AND coalesce(earlier.event ->> 'iteration', 0) <= later.effective_at
        AND (earlier.effective_at IS NULL OR earlier.effective_at > later.effective_at)`,
  },
  {
    name: 'checkpoints',
    promise: 'every checkpoint stands at an iteration boundary that the run reached, with a recorded policy',
    violations: `
      SELECT 'the checkpoint before iteration ' || checkpoints.iteration || ' of run ' || checkpoints.run
        || ' stands at no boundary of the run' AS problem
      FROM checkpoints
      WHERE checkpoints.iteration > (SELECT count(*) FROM iterations WHERE run = checkpoints.run)
        OR manifest ->> 'iteration' <> checkpoints.iteration
      UNION ALL
      SELECT 'the checkpoint before iteration ' || checkpoints.iteration || ' of run ' || checkpoints.run
        || ' names policy version ' || (manifest ->> '$.policyVersion.version') || ', which is not recorded'
      FROM checkpoints LEFT JOIN policy_versions ON policy_versions.run = checkpoints.run
        AND version = manifest ->> '$.policyVersion.version' AND hash = manifest ->> '$.policyVersion.hash'
      WHERE version IS NULL`,
  },
  {
    name: 'lineage',
    promise: 'the ledger names its lineage',
    violations: `SELECT 'the ledger has no lineage' AS problem
      WHERE NOT EXISTS (SELECT * FROM ledger_facts WHERE name = 'lineage' AND length(value) = 32)`,
  },
];
