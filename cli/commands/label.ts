import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

const MOST_PORT = 65_535;

interface LabelFlags {
  readonly rubric: string;
  readonly pairs: string;
  readonly annotator?: string;
  readonly out: string;
  readonly port: number;
  readonly seed: number;
}

/** `majlis label`, a local page where people say which answer is better, and `majlis label anchors`. */
export function addLabelCommand(program: Command, session: Session): void {
  const label = program
    .command('label')
    .description('let people say which answer is better, and make anchors of what they said');
  label
    .command('page', { isDefault: true })
    .description('serve the labelling page on this machine until it is stopped (what `majlis label` does)')
    .requiredOption('--rubric <rubric>', 'a rubric file, or the id of a shipped rubric')
    .requiredOption('--pairs <file>', 'pairs to label, as JSON lines or Parquet')
    .option('--annotator <name>', 'who labels; the page asks where this is left out')
    .option('--out <file>', 'the label file; labelling goes on where it ended', 'labels.jsonl')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber('--port', 0, MOST_PORT), 0)
    .option(
      '--seed <seed>',
      'order and sides of the pairs',
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .action((flags: LabelFlags, command: Command) =>
      perform(session, command, async () =>
        (await import('./label/serve-label-page.js')).serveLabelPage(flags, session),
      ),
    );
  label
    .command('anchors')
    .description('make anchors, which the fusion of judges is fitted on, of labels')
    .requiredOption('--labels <file>', 'a label file')
    .requiredOption('--pairs <file>', 'the pairs that were labelled')
    .requiredOption('--out <file>', "the file to write, for a run file's goldPairs")
    .action((flags: { labels: string; pairs: string; out: string }, command: Command) =>
      perform(session, command, async () => (await import('./label/write-anchors.js')).writeAnchors(flags)),
    );
}
