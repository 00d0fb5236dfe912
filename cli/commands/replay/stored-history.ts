import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../../core/config/parse-json.js';
import type { SavedModel } from '../../../core/domain/checkpoint.js';
import type { Run } from '../../../core/domain/run.js';
import { readRunHistory } from '../../../coordinator/replay/run-history.js';
import type { RunHistory } from '../../../coordinator/replay/run-history.js';

const savingSchema = z.object({ checkpoints: z.object({ every: z.int().min(1) }) });

const RUNS = `${sep}runs${sep}`;

/** A run's history with the paths of its files as they are from here: a run notes them as they were where it ran. */
export async function storedHistory(
  workspace: string,
  run: Run,
  stores: Parameters<typeof readRunHistory>[1],
): Promise<RunHistory> {
  const { checkpoints } = parseJson(run.config, savingSchema, { source: `config of run ${run.id}` });
  const history = await readRunHistory(run, stores, checkpoints.every);
  const located = (saved: SavedModel): SavedModel => ({
    ...saved,
    directory: fromHere(workspace, saved.directory),
  });
  return {
    ...history,
    versions: history.versions.map((version) => ({
      ...version,
      location: fromHere(workspace, version.location),
    })),
    checkpoints: history.checkpoints.map((manifest) => ({
      ...manifest,
      policy: located(manifest.policy),
      ...(manifest.critic === undefined ? {} : { critic: located(manifest.critic) }),
    })),
  };
}

function fromHere(workspace: string, path: string): string {
  const at = path.lastIndexOf(RUNS);
  const here = at < 0 ? path : join(workspace, path.slice(at));
  return existsSync(here) ? here : path;
}
