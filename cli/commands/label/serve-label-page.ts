import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { parseInput } from '../../../core/config/parse-input.js';
import { annotatorSchema } from '../../labelling/annotator-name.js';
import { labelAgreement, type LabelAgreement } from '../../labelling/label-agreement.js';
import { LabelDesk } from '../../labelling/label-desk.js';
import { LabelFile } from '../../labelling/label-file.js';
import { startLabelServer } from '../../labelling/label-server.js';
import { readPairs } from '../../labelling/read-pairs.js';
import { formatTable } from '../../terminal/format-table.js';
import { findRubric } from '../rubric/find-rubric.js';
import type { CommandResult, Session } from '../session.js';

export interface LabelPageOptions {
  /** A shipped rubric's id, or a file. */
  readonly rubric: string;
  readonly pairs: string;
  readonly annotator?: string;
  readonly out: string;
  readonly port: number;
  readonly seed: number;
}

const TOKEN_BYTES = 32;

/** Serves the labelling page until the person asks to stop; then tells how far people agree. */
export async function serveLabelPage(options: LabelPageOptions, session: Session): Promise<CommandResult> {
  const { terminal, clock, signal } = session;
  const annotator =
    options.annotator === undefined
      ? undefined
      : parseInput(annotatorSchema, options.annotator, { source: '--annotator' });
  const rubric = await findRubric(options.rubric);
  const pairs = await readPairs(options.pairs, { rubric: rubric.id, locale: rubric.locale });
  const pairIds = new Set(pairs.map(({ id }) => id));
  const file = await LabelFile.open(options.out, { rubric: rubric.id, pairIds });
  const desk = new LabelDesk({ file, pairs, rubric: rubric.id, seed: options.seed, clock });
  const server = await startLabelServer({
    desk,
    rubric,
    token: randomBytes(TOKEN_BYTES).toString('base64url'),
    port: options.port,
    ...(annotator === undefined ? {} : { annotator }),
    onFailure: ({ message }) => {
      terminal.say(`majlis: ${message}`);
    },
  });
  try {
    terminal.say(
      `${pairs.length} pairs to label; answers go to ${options.out}. Open this page, stop with Ctrl-C:`,
    );
    terminal.say(server.url);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
  const agreement = labelAgreement(desk.labels);
  return {
    json: { out: options.out, labels: desk.labels.length, ...agreement },
    text: agreementText(agreement, `${desk.labels.length} labels in ${options.out}`),
  };
}

function agreementText({ annotators, twos, alpha }: LabelAgreement, heading: string): string {
  if (annotators.length === 0) return heading;
  const people = annotators.map(({ name, pairs, consistency: { same, of } }) => [
    name,
    String(pairs),
    of === 0 ? '-' : `${same} of ${of}`,
  ]);
  const between = twos.map(({ annotators: names, raw: { same, of }, kappa }) => [
    names.join(' and '),
    `${same} of ${of}`,
    kappa?.toFixed(3) ?? 'undefined',
  ]);
  return [
    heading,
    formatTable(['annotator', 'pairs', 'same in both orders'], people),
    ...(between.length === 0 ? [] : [formatTable(['annotators', 'same answer', "Cohen's kappa"], between)]),
    ...(alpha === undefined ? [] : [`Krippendorff's alpha (nominal) ${alpha.toFixed(3)}`]),
  ].join('\n');
}
