import { loadLocale } from '../../../core/config/load-locale.js';
import type { LocaleProfile } from '../../../core/domain/locale.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult } from '../session.js';
import { findLocaleFile } from './find-locale-file.js';

/** A profile as it is used: what it says, and how its names fall into the two halves. */
export async function showLocale(name: string, locales: string | undefined): Promise<CommandResult> {
  const profile = await loadLocale(findLocaleFile(name, locales));
  return { json: profile, text: toText(profile) };
}

function toText(profile: LocaleProfile): string {
  const { units } = profile;
  const rows = [
    ['script', [profile.script, ...(profile.otherScripts ?? [])].join(', ')],
    ['words', wordsBy(profile)],
    ['digits', (profile.digits ?? []).join(', ')],
    ['currency, calendar, time zone', [units.currency, units.calendar, units.timeZone].join(', ')],
    ...Object.entries(profile.registers).map(([name, { markers, endings }]) => [
      `register ${name}`,
      `${markers.length} markers, ${endings.length} endings`,
    ]),
    ['taboo words', String(profile.taboo.length)],
    ['function words', String((profile.stopWords ?? []).length)],
  ];
  return [
    `${profile.locale}: ${nameOfLocale(profile.locale)}`,
    '',
    formatTable(['what', 'is'], rows),
    '',
    formatTable(['names', 'local seen', 'local unseen', 'foreign seen', 'foreign unseen'], nameRows(profile)),
  ].join('\n');
}

/** The English name of a locale. */
export function nameOfLocale(tag: string): string {
  return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag;
}

function wordsBy({ segmentation }: LocaleProfile): string {
  if (segmentation === undefined) return 'told apart by spaces and punctuation';
  return `told apart by the word list of ICU ${process.versions.icu}`;
}

function nameRows({ gazetteer }: LocaleProfile): string[][] {
  const kinds = [...new Set(gazetteer.map(({ kind }) => kind))];
  return kinds.map((kind) => [
    kind,
    ...(['local', 'foreign'] as const).flatMap((origin) =>
      (['seen', 'unseen'] as const).map((half) =>
        String(
          gazetteer.filter((entry) => entry.kind === kind && entry.origin === origin && entry.half === half)
            .length,
        ),
      ),
    ),
  ]);
}
