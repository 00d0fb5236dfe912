import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dryRun } from '../../../../../cli/commands/run/dry-run.js';
import { readEnvironment } from '../../../../../core/config/environment.js';
import { writeSmallRunFile } from '../../../../support/small-run-file.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

const GATEWAY = `budget: { currency: USD }
endpoints: { main: { url: "http://127.0.0.1:1/v1" } }
judges:
  - { id: one, model: m, routes: [{ endpoint: main, price: { promptPerMillion: 0, completionPerMillion: 0 } }] }
`;

describe('majlis run --dry-run', () => {
  const folder = useTemporaryFolder();

  function dry(judges: string): ReturnType<typeof dryRun> {
    const runFile = writeSmallRunFile(folder(), 'arabic');
    appendFileSync(runFile, `judges: ${judges}\n`);
    return dryRun({ runFile, workers: 2 }, { environment: readEnvironment({}) });
  }

  it('reads whoever is asked, and asks nobody', async () => {
    writeFileSync(join(folder(), 'gateway.yaml'), GATEWAY);
    writeFileSync(join(folder(), 'labels.jsonl'), '{"pair":"gold-msa-01"}\n');
    const { json } = await dry('{ gateway: gateway.yaml }');
    expect((json as { endpointCalls: number }).endpointCalls).toBeGreaterThan(0);
    await expect(dry('{ gateway: gateway.yaml, only: [two] }')).rejects.toThrow(
      /judges\.only: found "two"; allowed: judges of .*gateway\.yaml: one$/,
    );
    await expect(dry('{ labels: [labels.jsonl] }')).rejects.toThrow(/labels\.jsonl/);
    await expect(dry('{ recorded: [nowhere.jsonl] }')).rejects.toThrow('nowhere.jsonl: found no such file');
  });

  it('refuses a rubric that no control judge can measure', async () => {
    const runFile = writeSmallRunFile(folder(), 'arabic');
    writeFileSync(runFile, readFileSync(runFile, 'utf8').replace('rubric: ar-msa', 'rubric: und'));
    const place = { runFile, workers: 2 };
    await expect(dryRun(place, { environment: readEnvironment({}) })).rejects.toThrow(
      'no control gold pairs for und',
    );
  });
});
