/** What may be asked with a rubric of a run on several locales, and what comes into force. */
import { join } from 'node:path';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { OfflineRunControl } from '../../../cli/control/offline-run-control.js';
import { keepRunRubricSet, readRubricSet } from '../../../cli/control/stored-rubric-sets.js';
import type { Ledger } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { rubricSet, type RubricSet } from '../../../reward/rubric/rubric-set.js';
import { iterationEnd } from '../../contract/ledger/ledger-harness.js';
import { FakeClock } from '../../support/fake-clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const clock = new FakeClock();
const config = '{"locales":[{"locale":"ar"},{"locale":"ko"}]}';
const run = { id: 'r1', name: 'both', seed: 7, config, configHash: 'c', fingerprints: {} };

describe('a rubric for a run on several locales', () => {
  const folder = useTemporaryFolder();
  let ledger: Ledger;
  let control: OfflineRunControl;
  let first: RubricSet;

  beforeEach(async () => {
    ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
    control = new OfflineRunControl(ledger, { workspace: folder(), clock });
    first = rubricSet([
      { locale: 'ar', rubric: await findRubric('ar-msa') },
      { locale: 'ko', rubric: await findRubric('ko-haeyo') },
    ]);
    await ledger.createRun(run);
    await ledger.setRunState('r1', 'running');
    await keepRunRubricSet(folder(), first);
  });
  afterEach(() => control.close());

  async function begun(): Promise<void> {
    await ledger.recordPolicyVersion('r1', { version: 0, hash: 'p', location: 'policies/0' }, first.hash);
    await ledger.completeIteration('r1', iterationEnd(0, { rubricHash: first.hash }));
  }

  async function idsOf(hash: string): Promise<string[]> {
    return (await readRubricSet(folder(), hash)).members.map(({ rubric }) => rubric.id);
  }

  it('takes the place of the one of its language, for a swap and for a shadow alike', async () => {
    await begun();
    const shadowed = await control.shadowRubric('r1', { rubric: 'ko-hapsyo' });
    const swapped = await control.swapRubric('r1', { rubric: 'ar-egyptian', iteration: 4 });
    const [candidate, inForce] = [shadowed, swapped].map(({ control: { event } }) =>
      'rubricHash' in event ? event.rubricHash : '',
    );
    expect(await idsOf(candidate)).toEqual(['ar-msa', 'ko-hapsyo']);
    expect(await idsOf(inForce)).toEqual(['ar-egyptian', 'ko-haeyo']);
    expect(swapped.control.event).toMatchObject({ kind: 'swap_rubric', iteration: 4 });
  });

  it('waits until a swap that was asked for before has taken effect', async () => {
    await begun();
    await control.swapRubric('r1', { rubric: 'ar-egyptian' });
    await expect(control.swapRubric('r1', { rubric: 'ko-hapsyo' })).rejects.toThrow(
      'run r1 is on several locales and its change of rubrics number 1 has not taken effect, so that it is not known which rubrics stay; ask again when it has',
    );
    await ledger.stampControl('r1', [1], 1);
    const { control: second } = await control.swapRubric('r1', { rubric: 'ko-hapsyo' });
    const hash = 'rubricHash' in second.event ? second.event.rubricHash : '';
    expect(await idsOf(hash)).toEqual(['ar-egyptian', 'ko-hapsyo']);
  });

  it('is refused before the run has begun, in another language, and where it is in force already', async () => {
    await expect(control.swapRubric('r1', { rubric: 'ko-hapsyo' })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('it has not begun'),
    });
    await begun();
    await expect(control.swapRubric('r1', { rubric: 'ja' })).rejects.toThrow(
      'rubric ja at locale: found "ja-JP"; allowed: a rubric for ar or ko, the locales of run r1',
    );
    await expect(control.shadowRubric('r1', { rubric: 'ko-haeyo' })).rejects.toThrow('which is in force');
  });

  it('goes out of force by a rollback to the set before', async () => {
    await begun();
    await control.swapRubric('r1', { rubric: 'ar-egyptian' });
    await ledger.stampControl('r1', [1], 1);
    const { control: back } = await control.rollBackRun('r1', 'previous_rubric');
    expect(back.event).toMatchObject({ kind: 'roll_back', to: { rubricHash: first.hash } });
  });
});
