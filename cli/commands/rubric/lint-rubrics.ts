import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import { describeFailure } from '../../terminal/describe-failure.js';
import type { Terminal } from '../../terminal/terminal.js';
import type { CommandResult } from '../session.js';
import { findRubric } from './find-rubric.js';

type Finding =
  | { readonly file: string; readonly rubric: Rubric }
  | { readonly file: string; readonly refusal: BadInputError };

/** Checks every file, also those after a bad one; exit status 2 when any was refused. */
export async function lintRubrics(files: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const findings = await Promise.all(files.map(lint));
  const refused = findings.filter((finding) => 'refusal' in finding);
  const accepted = findings.filter((finding) => 'rubric' in finding);
  for (const { refusal } of refused) terminal.say(describeFailure(refusal, false).message);
  return {
    json: findings.map(toJson),
    text: accepted
      .map(({ file, rubric }) => `ok ${file}: ${rubric.id} ${rubric.version}, ${rubric.hash}`)
      .join('\n'),
    exitCode: refused.length === 0 ? 0 : 2,
  };
}

async function lint(file: string): Promise<Finding> {
  try {
    return { file, rubric: await findRubric(file) };
  } catch (thrown) {
    if (thrown instanceof BadInputError) return { file, refusal: thrown };
    throw thrown;
  }
}

function toJson(finding: Finding): unknown {
  const { file } = finding;
  if ('refusal' in finding) return { file, ok: false, ...finding.refusal.input };
  const { id, version, locale, hash } = finding.rubric;
  return { file, ok: true, id, version, locale, hash };
}
