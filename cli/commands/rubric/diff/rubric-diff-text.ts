import type { Rubric } from '../../../../core/domain/rubric.js';
import type { FlipExample, RubricComparison } from '../../../../reward/rubric/compare-rubrics.js';
import { formatTable } from '../../../terminal/format-table.js';
import { shortened } from '../../../terminal/shortened.js';
import { askedCriteria } from '../rule-scorer.js';

const MOST_REASONS = 3;

/** What a change of rubric would do, for people. */
export function rubricDiffText(
  [before, after]: readonly [Rubric, Rubric],
  comparison: RubricComparison,
): string {
  const { pairs, decided, flips, tiesMade, tiesBroken, answers, tau, examples } = comparison;
  return [
    `${nameOf(before)} → ${nameOf(after)}, by their rules; nothing was trained`,
    ...notCompared([before, after]),
    '',
    `pairs          ${pairs}, on ${decided} of which both have a say`,
    `flips          ${flips}${decided === 0 ? '' : ` (${((100 * flips) / decided).toFixed(1)}%)`}`,
    `ties           ${tiesMade} made, ${tiesBroken} broken`,
    `Kendall's tau  ${tau === undefined ? 'none: one rubric ranks nothing' : tau.toFixed(3)}, over ${answers} answers`,
    '',
    formatTable(
      ['criterion', 'change', 'part before', 'part after', 'decides flips'],
      criterionRows(comparison),
    ),
    ...(examples.length === 0 ? [] : ['', 'Clearest flips:', ...examples.flatMap(exampleLines)]),
  ].join('\n');
}

function nameOf({ id, version, hash }: Rubric): string {
  return `${id} ${version} (${hash.slice(0, 12)})`;
}

function notCompared(rubrics: readonly Rubric[]): string[] {
  const asked = [...new Set(rubrics.flatMap(askedCriteria))];
  return asked.length === 0 ? [] : [`left out, since someone has to be asked: ${asked.join(', ')}`];
}

function criterionRows({ criteria }: RubricComparison): string[][] {
  const figure = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(4));
  return criteria.map(({ key, change, before, after, flips }) => [
    ...[key, change, figure(before), figure(after), String(flips)],
  ]);
}

function exampleLines({ pair, before, after, because }: FlipExample, index: number): string[] {
  const [old, now] = before > 0 ? [pair.first, pair.second] : [pair.second, pair.first];
  const reasons = because
    .slice(0, MOST_REASONS)
    .map(({ criterion, push }) => `${criterion} +${push.toFixed(3)}`);
  return [
    `${index + 1}. ${shortened(pair.prompt.text)}`,
    `   was better by ${Math.abs(before).toFixed(3)}: ${shortened(old)}`,
    `   is better by ${Math.abs(after).toFixed(3)}:  ${shortened(now)}`,
    `   because of ${reasons.join(', ')}`,
  ];
}
