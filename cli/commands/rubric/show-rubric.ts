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
  const { id, version, title, locale, status, hash, parent, composite } = rubric;
  const rows = rubric.criteria.map((criterion) => [
    criterion.key,
    criterion.kind,
    criterion.scale,
    String(criterion.weight),
    vetoOf(criterion),
    criterion.evaluator,
    criterion.hash.slice(0, 8),
    criterion.description,
  ]);
  const headings = ['criterion', 'kind', 'scale', 'weight', 'veto at', 'evaluator', 'hash', 'asks for'];
  return [
    `${id} ${version}: ${title}`,
    `locale ${locale}, ${status}, ${checkedBy(rubric)}, hash ${hash}`,
    ...(parent === undefined ? [] : [`made from ${parent.id} ${parent.version} ${parent.hash.slice(0, 12)}`]),
    `composite: ${composite === undefined ? 'weighted mean' : composite.formula}`,
    '',
    formatTable(headings, rows),
    ...readerLines(rubric),
  ].join('\n');
}

/** Which readers a criterion may divide: nothing is computed from it, so whoever reads the rubric has to be told. */
function readerLines({ criteria }: Rubric): string[] {
  return criteria.flatMap(({ key, groups = {} }) => {
    const named = Object.entries(groups).map(([group, members]) => `${group} ${members.join(', ')}`);
    return named.length === 0 ? [] : [`${key} may differ among readers by ${named.join('; ')}`];
  });
}

/** Whether a reviewer's native language is the rubric's. */
export function isNativeChecked({ locale, reviewers = [] }: Rubric): boolean {
  const language = new Intl.Locale(locale).language;
  return reviewers.some(({ nativeLocale }) => new Intl.Locale(nativeLocale).language === language);
}

function checkedBy(rubric: Rubric): string {
  return isNativeChecked(rubric) ? 'native-checked' : 'not native-checked';
}

function vetoOf({ veto }: Criterion): string {
  return veto === undefined ? '-' : String(veto.threshold);
}
