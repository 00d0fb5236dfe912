import { Option, type Command } from 'commander';
import { BadInputError } from '../../core/errors.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';
import { FUSE_METHODS, RANK_METHODS } from './aggregate/aggregate-result.js';
import type { AggregateOptions } from './aggregate/aggregate-input.js';

const MOST_RESAMPLES = 100_000;

interface AggregateFlags extends Omit<AggregateOptions, 'report' | 'copies'> {
  readonly report?: string | true;
  readonly copies?: AggregateOptions['copies'];
}

/** `majlis aggregate`: what many judges' votes say, with no run around it. */
export function addAggregateCommand(program: Command, session: Session): void {
  program
    .command('aggregate')
    .description('fuse or rank what judges voted on, from a file of votes alone')
    .requiredOption('--votes <file>', 'votes as .csv or .jsonl, see docs/aggregate.md')
    .option('--anchors <file>', 'pairs whose better answer is known: judges are weighed by them')
    .option('--items <file>', 'all items that a vote may name, in a column "item"')
    .addOption(
      new Option(
        '--method <method>',
        'default: stack with anchors, else a ranking of items or an average',
      ).choices([...FUSE_METHODS, ...RANK_METHODS]),
    )
    .option('--rubric <hash>', 'which rubric, where votes are under several')
    .option(
      '--prior <precision>',
      'of the Gaussian prior on strengths; 0 for none',
      nonNegative('--prior'),
      0.1,
    )
    .addOption(
      new Option('--cluster <by>', 'within what errors may be shared')
        .choices(['prompt', 'judge', 'family', 'none'])
        .default('prompt'),
    )
    .addOption(
      new Option('--order-terms <by>', 'fit what being shown first is worth, by')
        .choices(['judge', 'judge_and_locale', 'none'])
        .default('judge'),
    )
    .option('--length-term', "fit each judge's taste in length", false)
    .option('--copies <judge=other...>', 'fit how far a judge follows another', copies)
    .option(
      '--bootstrap <resamples>',
      'resample whole prompts',
      wholeNumber('--bootstrap', 0, MOST_RESAMPLES),
      0,
    )
    .option('--level <share>', 'confidence level of intervals', level, 0.95)
    .option(
      '--seed <seed>',
      'of resampling and of random starts',
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option('--report [file]', 'write a page with plots (default: aggregate.html)')
    .action(({ report, ...flags }: AggregateFlags, self: Command) =>
      perform(session, self, async () =>
        (await import('./aggregate/run-aggregate.js')).runAggregate(
          {
            ...flags,
            copies: flags.copies ?? [],
            ...(report === undefined ? {} : { report: report === true ? 'aggregate.html' : report }),
          },
          session,
        ),
      ),
    );
}

function nonNegative(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
    throw new BadInputError({
      source: option,
      found: JSON.stringify(text),
      allowed: 'a number of 0 or more',
    });
  };
}

function level(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new BadInputError({
    source: '--level',
    found: JSON.stringify(text),
    allowed: 'a number between 0 and 1',
  });
}

function copies(text: string, earlier: AggregateOptions['copies'] = []): AggregateOptions['copies'] {
  const [judge, of, ...rest] = text.split('=');
  if (of === undefined || rest.length > 0 || judge === '' || of === '') {
    const allowed = 'judge=other, such as small=large';
    throw new BadInputError({ source: '--copies', found: JSON.stringify(text), allowed });
  }
  return [...earlier, { judge, of }];
}
