import { lintLocale } from '../../../core/config/lint-locale.js';
import { describeFailure } from '../../terminal/describe-failure.js';
import type { Terminal } from '../../terminal/terminal.js';
import type { CommandResult } from '../session.js';

/** Says all that is wrong with each profile, one sentence with place and remedy each; exit status 2 where there is any. */
export async function lintLocales(files: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const linted = await Promise.all(files.map(async (file) => ({ file, findings: await lintLocale(file) })));
  for (const { findings } of linted) {
    for (const finding of findings) terminal.say(describeFailure(finding, false).message);
  }
  const good = linted.filter(({ findings }) => findings.length === 0);
  return {
    json: linted.map(({ file, findings }) => ({
      file,
      ok: findings.length === 0,
      findings: findings.map(({ input }) => input),
    })),
    text: good.map(({ file }) => `ok ${file}`).join('\n'),
    exitCode: good.length === linted.length ? 0 : 2,
  };
}
