import { formatTable } from '../../terminal/format-table.js';
import { knownLocales, SHIPPED_LOCALES } from '../../../core/config/known-locales.js';
import { loadLocales } from '../../../core/config/load-locale.js';
import type { CommandResult } from '../session.js';
import { nameOfLocale } from './show-locale.js';

/** Every locale that a rubric may name. */
export async function listLocales(locales: string | undefined): Promise<CommandResult> {
  const shipped = new Set((await loadLocales(SHIPPED_LOCALES)).map(({ locale }) => locale));
  const own = new Set(locales === undefined ? [] : (await loadLocales(locales)).map(({ locale }) => locale));
  const rows = (await knownLocales(locales)).map(({ locale, script, registers, gazetteer }) => ({
    locale,
    name: nameOfLocale(locale),
    script,
    registers: Object.keys(registers),
    names: gazetteer.length,
    from: own.has(locale) ? (locales ?? '') : 'Majlis',
    replaces: own.has(locale) && shipped.has(locale),
  }));
  return {
    json: rows,
    text: formatTable(
      ['locale', 'name', 'script', 'registers', 'names', 'from'],
      rows.map((row) => [
        row.locale,
        row.name,
        row.script,
        row.registers.join(', '),
        String(row.names),
        row.replaces ? `${row.from}, instead of Majlis` : row.from,
      ]),
    ),
  };
}
