import { z } from 'zod';
import { RUN_TRANSITIONS, hasEnded } from '../../domain/run-state.js';
import type { RunState } from '../../domain/run-state.js';
import type { ExclusiveDatabase } from '../../database/exclusive-database.js';

/** The states from which a run does not go on, as SQL lists them. */
export const ENDED_STATES = (Object.keys(RUN_TRANSITIONS) as RunState[])
  .filter(hasEnded)
  .map((state) => `'${state}'`)
  .join(', ');

/**
 * Every policy of a run that can go on, since its tasks, a rollback or a restart may ask for it; of an ended run the last.
 * What a checkpoint that is not forgotten names stays with it.
 */
const NAMED = `
  SELECT hash FROM policy_versions JOIN runs ON runs.id = policy_versions.run
    WHERE state NOT IN (${ENDED_STATES})
      OR version = (SELECT max(version) FROM policy_versions AS other WHERE other.run = policy_versions.run)
  UNION SELECT reward_model_hash FROM iterations
  UNION SELECT hash FROM (
    SELECT manifest ->> '$.policyVersion.hash' AS hash FROM checkpoints WHERE forgotten = 0
    UNION SELECT manifest ->> '$.policy.sha256' FROM checkpoints WHERE forgotten = 0
    UNION SELECT manifest ->> '$.critic.sha256' FROM checkpoints WHERE forgotten = 0) WHERE hash IS NOT NULL`;

const OLDEST_OPEN = `
  SELECT min(created_at_ms) AS at FROM runs WHERE state NOT IN (${ENDED_STATES})
    AND EXISTS (SELECT * FROM tasks WHERE tasks.run = runs.id AND tasks.state = 'outstanding')`;

/** Hashes of models that the ledger may still ask for. Payloads are not among them. */
export function namedModels(database: ExclusiveDatabase): ReadonlySet<string> {
  const row = z.object({ hash: z.string() });
  return new Set(database.select(row, NAMED).map(({ hash }) => hash));
}

/**
 * When the oldest run with open tasks was created, in milliseconds since the Unix epoch: messages on the bus may refer to
 * anything that was stored since then, and the ledger does not know to what. Undefined where no task is open.
 */
export function oldestOpenRun(database: ExclusiveDatabase): number | undefined {
  const [oldest] = database.select(z.object({ at: z.number().nullable() }), OLDEST_OPEN);
  return oldest?.at ?? undefined;
}
