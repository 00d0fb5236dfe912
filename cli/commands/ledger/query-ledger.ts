import { queryLedger } from '../../../core/ledger/snapshot/query-ledger.js';
import type { QueryRows, QueryValue } from '../../../core/ledger/snapshot/query-ledger.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult } from '../session.js';
import { existingLedger } from './existing-ledger.js';

export interface QueryRequest {
  readonly workspace: string;
  readonly sql: string;
  readonly csv: boolean;
}

/** Answers one SELECT over the workspace's ledger, as a table, as CSV, or with `--json` as arrays. */
export async function query({ workspace, sql, csv }: QueryRequest): Promise<CommandResult> {
  const answer = await queryLedger(existingLedger(workspace), sql);
  return { json: answer, text: csv ? toCsv(answer) : toTable(answer) };
}

function toTable({ columns, rows }: QueryRows): string {
  return formatTable(
    columns,
    rows.map((row) => row.map((value) => shown(value).replaceAll('\n', ' '))),
  );
}

/** RFC 4180, with line feeds alone; NULL is empty, an empty text is quoted. */
function toCsv({ columns, rows }: QueryRows): string {
  const line = (cells: readonly QueryValue[]): string => cells.map(csvCell).join(',');
  return [columns, ...rows].map(line).join('\n');
}

function csvCell(value: QueryValue): string {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function shown(value: QueryValue): string {
  return value === null ? '' : String(value);
}
