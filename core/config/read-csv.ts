import { BadInputError } from '../errors.js';
import { readText, type ReadTextOptions } from './read-text.js';

/** A line of a table: its cells by column, and where it began. */
export interface CsvRow {
  /** From 1; the header is line 1. */
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

/**
 * Reads a table with a header: commas, quotes as in RFC 4180, LF or CRLF. Blank lines are skipped. A row of another length
 * than the header, a column named twice or a quote that is never closed is a BadInputError with its line.
 */
export async function readCsv(path: string, options: ReadTextOptions = {}): Promise<CsvRow[]> {
  const records = parseRecords(await readText(path, options), path);
  const [header, ...rows] = records;
  const again = header.cells.find((name, at) => header.cells.indexOf(name) < at);
  if (again !== undefined) {
    const found = `the column ${JSON.stringify(again)} twice`;
    throw new BadInputError({ source: path, place: 'line 1', found, allowed: 'each column once' });
  }
  return rows.map(({ line, cells }) => {
    if (cells.length !== header.cells.length) {
      const found = `${cells.length} cells`;
      throw new BadInputError({
        source: path,
        place: `line ${line}`,
        found,
        allowed: `${header.cells.length}, as in the header`,
      });
    }
    return { line, cells: Object.fromEntries(header.cells.map((name, at) => [name, cells[at]])) };
  });
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function parseRecords(text: string, path: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const start = line;
    const cells: string[] = [];
    for (let ended = false; !ended;) {
      const cell = text[at] === '"' ? quotedCell(text, at, { path, line: start }) : plainCell(text, at);
      cells.push(cell.value);
      line += cell.feeds;
      at = cell.next;
      ended = text[at] !== ',';
      if (!ended) at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (at < text.length && text[at] !== '\n') {
      const found = 'text after a closing quote';
      throw new BadInputError({
        source: path,
        place: `line ${line}`,
        found,
        allowed: 'a comma or the end of the line',
      });
    }
    at += 1;
    line += 1;
    if (cells.length > 1 || cells[0].trim() !== '') records.push({ line: start, cells });
  }
  return records;
}

interface Cell {
  readonly value: string;
  readonly next: number;
  /** Line feeds within the cell. */
  readonly feeds: number;
}

function plainCell(text: string, from: number): Cell {
  let next = from;
  while (next < text.length && text[next] !== ',' && text[next] !== '\n') next += 1;
  const end = text[next] !== ',' && text[next - 1] === '\r' && next > from ? next - 1 : next;
  return { value: text.slice(from, end).trim(), next: end, feeds: 0 };
}

function quotedCell(
  text: string,
  from: number,
  where: { readonly path: string; readonly line: number },
): Cell {
  let value = '';
  for (let at = from + 1; ;) {
    const close = text.indexOf('"', at);
    if (close < 0) {
      const found = 'a quote that is never closed';
      throw new BadInputError({
        source: where.path,
        place: `line ${where.line}`,
        found,
        allowed: 'quoted cells',
      });
    }
    value += text.slice(at, close);
    if (text[close + 1] !== '"') return { value, next: close + 1, feeds: value.split('\n').length - 1 };
    value += '"';
    at = close + 2;
  }
}
