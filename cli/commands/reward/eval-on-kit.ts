import { writeFile } from 'node:fs/promises';
import { BadInputError } from '../../../core/errors.js';
import type { CultureKit } from '../../../reward/kit/culture-kit.js';
import { runKit } from '../../../reward/kit/run-kit.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { findKit } from './kit/find-kit.js';
import { kitPage } from './kit/kit-page.js';
import { kitText } from './kit/kit-text.js';
import { ruleModels, type ModelsUnderTest } from './kit/rule-models.js';
import { trainedModels } from './kit/trained-models.js';

export interface EvalOnKitRequest {
  /** A shipped kit's locale, or a folder. */
  readonly kit: string;
  /** Folder of a reward model; or else a rubric whose rules are the model. */
  readonly model?: string;
  readonly rubric?: string;
  /** What stands for the model under the other register's rubric: a folder again, or a rubric. */
  readonly swapped?: string;
  /** The register to prefer, where the rubric does not say. */
  readonly register?: string;
  /** Where to write the page. */
  readonly html?: string;
  readonly seed: number;
}

/** Tests a model on a culture kit; exit status 1 when a test fails. */
export async function evalOnKit(request: EvalOnKitRequest, session: Session): Promise<CommandResult> {
  const kit = await findKit(request.kit);
  const found = await findModels(kit, request);
  const register = request.register ?? found.register;
  const onProgress = stoppableProgress(session);
  const report = await runKit({
    kit,
    models: found.models,
    seed: request.seed,
    ...(register === undefined ? {} : { register }),
    onProgress: (done, all) =>
      onProgress({ stage: `kit ${kit.manifest.locale}`, done, all, unit: 'answers' }),
    signal: session.signal,
  });
  if (request.html !== undefined) await writeFile(request.html, kitPage(report));
  return { json: report, text: kitText(report), exitCode: report.failed.length === 0 ? 0 : 1 };
}

async function findModels(kit: CultureKit, request: EvalOnKitRequest): Promise<ModelsUnderTest> {
  const { model, rubric, swapped } = request;
  const other = swapped === undefined ? {} : { swapped };
  if (model !== undefined && rubric === undefined) return trainedModels({ kit, model, ...other });
  if (model === undefined && rubric !== undefined) return ruleModels({ kit, rubric, ...other });
  throw new BadInputError({
    source: 'command line',
    found: model === undefined ? 'no model to test' : 'a model and a rubric',
    allowed: 'the folder of a reward model, or --rubric with an id or a file, whose rules are then the model',
  });
}
