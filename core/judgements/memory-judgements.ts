import { MemoryCalls } from '../database/memory-calls.js';
import type { Clock } from '../runtime/clock.js';
import { JudgementClient } from './judgement-client.js';
import { JUDGEMENT_SCHEMA } from './judgement-schema.js';
import type { JudgementStore } from './judgement-store.js';

/** A judgement store that ends with its process: for tests, and where nobody will ask the same again. */
export async function openMemoryJudgements(clock: Clock): Promise<JudgementStore> {
  return JudgementClient.open(new MemoryCalls(JUDGEMENT_SCHEMA), clock);
}
