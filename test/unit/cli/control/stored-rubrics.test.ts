import { findRubric } from '../../../../cli/commands/rubric/find-rubric.js';
import { keepRunRubrics, storedRubrics } from '../../../../cli/control/stored-rubrics.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('the rubrics that a run begins with', () => {
  const folder = useTemporaryFolder();

  it('are kept in its workspace, but for one of a locale that the workspace could not read it back with', async () => {
    const known = await findRubric('ar-msa');
    const foreign = { ...known, locale: 'sw', hash: 'f'.repeat(64) };
    await keepRunRubrics(folder(), [foreign, known]);
    expect(await storedRubrics(folder())).toEqual([known]);
  });
});
