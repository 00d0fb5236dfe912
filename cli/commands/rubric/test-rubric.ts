import { existsSync } from 'node:fs';
import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import {
  loadRubricTests,
  rubricTestsFile,
  runRubricTests,
  type RubricTest,
  type RubricTestResult,
} from '../../../reward/rubric/rubric-tests.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult } from '../session.js';
import { findRubric, rubricPath } from './find-rubric.js';
import { ruleScorer } from './rule-scorer.js';

export interface TestRubricRequest {
  readonly rubric: string;
  /** Other test pairs than those that lie beside the rubric. */
  readonly pairs?: string;
}

const EXAMPLE =
  '{"id": "1", "prompt": "…", "better": "…", "worse": "…", "origin": "authored", "nativeChecked": false}';

/** The criteria that are told of each pair. */
const MOST_CRITERIA = 3;

/** Judges a rubric's test pairs by its rules; exit status 1 when one fails. */
export async function testRubric({ rubric: name, pairs }: TestRubricRequest): Promise<CommandResult> {
  const rubric = await findRubric(name);
  const path = rubricPath(name);
  const tests = await loadRubricTests(pairs ?? pairsBeside(path), rubric);
  const results = runRubricTests(rubric, tests, await ruleScorer(rubric, path));
  const failed = results.filter(({ passed }) => !passed).length;
  const nativeChecked = tests.filter((test) => test.nativeChecked).length;
  const { id, version, hash } = rubric;
  return {
    json: { rubric: id, version, hash, pairs: results.length, failed, nativeChecked, results },
    text: toText(rubric, tests, results),
    exitCode: failed === 0 ? 0 : 1,
  };
}

/** A new rubric has none, and whoever wrote it wants to know what they look like. */
function pairsBeside(rubric: string): string {
  const path = rubricTestsFile(rubric);
  if (existsSync(path)) return path;
  throw new BadInputError({
    ...{ source: path, found: 'no such file' },
    allowed: `test pairs, one a line, or --pairs FILE. Write some: ${EXAMPLE}`,
  });
}

function toText(rubric: Rubric, tests: readonly RubricTest[], results: readonly RubricTestResult[]): string {
  const rows = results.map(({ id, passed, margin, decidedBy, reason }) => [
    passed ? 'pass' : 'FAIL',
    id,
    margin === undefined ? '-' : margin.toFixed(3),
    reason ?? decidedBy.slice(0, MOST_CRITERIA).map(describe).join(', '),
  ]);
  const passed = results.filter((result) => result.passed).length;
  const unread = tests.filter(({ nativeChecked }) => !nativeChecked).length;
  const note = unread === 0 ? '' : `; ${unread} not native-checked`;
  return [
    formatTable(['', 'pair', 'margin', 'decided by'], rows),
    '',
    `${rubric.id} ${rubric.version}: ${passed} of ${results.length} test pairs pass${note}`,
  ].join('\n');
}

function describe({ criterion, part }: RubricTestResult['decidedBy'][number]): string {
  return `${criterion} +${part.toFixed(3)}`;
}
