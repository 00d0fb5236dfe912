import type { Preference } from '../../../core/domain/preference.js';
import type {
  IterationEnd,
  IterationRecord,
  Ledger,
  ResultVerdict,
  TaskKey,
  TaskResult,
} from '../../../core/ledger/ledger.js';

/** What an adapter's test supplies: an empty ledger, and a clock that stands at this time. */
export interface LedgerHarness {
  readonly ledger: Ledger;
  readonly nowMs: number;
  close(): Promise<void>;
}

/** The ledger of the test that runs now, which has `run-1`. */
export type CurrentHarness = () => LedgerHarness;

export const newRun = {
  id: 'run-1',
  name: 'quickstart',
  seed: 2 ** 53 - 1,
  config: '{"a":"ع"}',
  configHash: 'c0ffee',
  fingerprints: { config: 'c0ffee', 'engine build': '1.2 "x"' },
};

export function preference(pairId: string, changes: Partial<Preference> = {}): Preference {
  const prompt = { id: `prompt of ${pairId}`, locale: 'ar-EG', text: 'إزيك؟', category: 'greetings' };
  return {
    pair: { id: pairId, prompt, first: 'الحمد لله', second: "it's fine" },
    rubricHash: 'rubric-a',
    probabilityFirst: 0.1 + 0.2,
    weight: 1 / 3,
    excludedVerdicts: 1,
    ...changes,
  };
}

export function iterationRecord(iteration: number, changes: Partial<IterationRecord> = {}): IterationRecord {
  return {
    iteration,
    policyVersion: iteration + 1,
    rubricHash: 'rubric-a',
    rewardModelHash: 'reward-a',
    inputsHash: `inputs-${iteration}`,
    controlSequence: 0,
    metrics: { 'objective/kl': 0.1 + 0.2, 'policy/entropy': 5e-324 },
    ...changes,
  };
}

/** The end of an iteration that consumed nothing and moved the policy. */
export function iterationEnd(iteration: number, changes: Partial<IterationRecord> = {}): IterationEnd {
  const record = iterationRecord(iteration, changes);
  const version = iteration + 1;
  const policy = { version, hash: `h${version}`, location: `/policies/${version}`, rubricHash: 'rubric-a' };
  return { record, consumed: [], policy };
}

/** Tasks of the first iteration, as what ends them names them. */
export function keys(...ids: readonly string[]): readonly TaskKey[] {
  return ids.map((id) => ({ iteration: 0, id }));
}

/** What one result is to its task. */
export async function accept(
  ledger: Pick<Ledger, 'acceptResults'>,
  result: TaskResult,
  run = 'run-1',
): Promise<ResultVerdict | undefined> {
  const [verdict] = await ledger.acceptResults(run, [result]);
  return verdict;
}
