import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { perform, type Session } from './session.js';

const OWN_LOCALES = 'locales';

interface LocaleOptions {
  readonly locales?: string;
}

/** `majlis locale new | lint | show | list`. */
export function addLocaleCommand(program: Command, session: Session): void {
  const locale = program.command('locale').description('locale profiles: begin one, check, show');
  addNew(locale, session);
  locale
    .command('lint')
    .description('say all that is missing or wrong in locale profiles')
    .argument('<files...>', 'locale profiles')
    .action((files: string[], _options: object, command: Command) =>
      perform(session, command, async () =>
        (await import('./locale/lint-locales.js')).lintLocales(files, session.terminal),
      ),
    );
  withLocales(locale.command('show'))
    .description('show a locale profile and how its names are cut in halves')
    .argument('<locale>', 'a tag such as ja, or a file')
    .action((name: string, options: LocaleOptions, command: Command) =>
      perform(session, command, async () =>
        (await import('./locale/show-locale.js')).showLocale(name, ownLocales(options)),
      ),
    );
  withLocales(locale.command('list'))
    .description('list every locale that a rubric may name')
    .action((options: LocaleOptions, command: Command) =>
      perform(session, command, async () =>
        (await import('./locale/list-locales.js')).listLocales(ownLocales(options)),
      ),
    );
}

function addNew(locale: Command, session: Session): void {
  withLocales(locale.command('new'))
    .description('write the profile and a rubric of a new locale, to be filled in')
    .argument('<locale>', 'a BCP 47 tag such as sw or ar-MA')
    .option('--from <locale>', 'copy the lists of this locale instead of a TODO for each', 'und')
    .option('--dir <folder>', 'gets locales/ and rubrics/', '.')
    .action((tag: string, options: LocaleOptions & { from: string; dir: string }, command: Command) =>
      perform(session, command, async () =>
        (await import('./locale/new-locale.js')).newLocale({
          tag,
          from: options.from,
          folder: options.dir,
          ...optional(ownLocales(options)),
        }),
      ),
    );
}

function withLocales(command: Command): Command {
  return command.option(
    '--locales <folder>',
    `your own locale profiles (default: ${OWN_LOCALES}, where it is)`,
  );
}

function ownLocales({ locales }: LocaleOptions): string | undefined {
  return locales ?? (existsSync(OWN_LOCALES) ? OWN_LOCALES : undefined);
}

function optional(locales: string | undefined): { readonly locales?: string } {
  return locales === undefined ? {} : { locales };
}
