import type { Criterion, Rubric } from '../../../core/domain/rubric.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult } from '../session.js';
import { findRubric } from './find-rubric.js';

/** A rubric as it is used: its hash, and its criteria with weights and vetoes. */
export async function showRubric(name: string): Promise<CommandResult> {
  const rubric = await findRubric(name);
  return { json: rubric, text: toText(rubric) };
}

function toText(rubric: Rubric): string {
  const rows = rubric.criteria.map((criterion) => [
    criterion.key,
    criterion.kind,
    String(criterion.weight),
    vetoOf(criterion),
    criterion.evaluator,
    criterion.description,
  ]);
  return [
    `${rubric.id} ${rubric.version}: ${rubric.title}`,
    `locale ${rubric.locale}, hash ${rubric.hash}`,
    '',
    formatTable(['criterion', 'kind', 'weight', 'veto at', 'evaluator', 'asks for'], rows),
  ].join('\n');
}

function vetoOf({ veto }: Criterion): string {
  return veto === undefined ? '-' : String(veto.threshold);
}
