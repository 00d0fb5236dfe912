import { DatabaseThread } from '../database/database-thread.js';
import type { Clock } from '../runtime/clock.js';
import { JudgementClient } from './judgement-client.js';
import { JUDGEMENT_SCHEMA } from './judgement-schema.js';
import type { JudgementStore } from './judgement-store.js';

/**
 * Opens or creates a judgement store's file for this process alone and serves it from a thread of its own. Rejects with
 * one sentence that names the file: `failed_precondition` when it is already open, of another kind or from a newer
 * Majlis, `data_loss` when it is damaged.
 */
export async function openSqliteJudgements(path: string, clock: Clock): Promise<JudgementStore> {
  const module = 'core/judgements/sqlite-judgements-worker';
  const thread = await DatabaseThread.start({ module, path, kind: JUDGEMENT_SCHEMA.kind });
  return JudgementClient.open(thread, clock);
}
