import type { AuditEntry } from '../../../core/trust/audit-entry.js';
import { readAudit } from '../../../core/trust/read-audit.js';
import { auditFile } from '../../control/audited-run-control.js';
import { formatTable } from '../../terminal/format-table.js';
import { shortened } from '../../terminal/shortened.js';
import type { CommandResult } from '../session.js';

export interface AuditRequest {
  readonly workspace: string;
  /** How the run's id begins. */
  readonly run?: string;
  readonly name?: string;
  /** Only what was refused. */
  readonly refused?: boolean;
}

/** Shows the workspace's audit log, oldest first. Lines that are damaged are named, and do not hide the others. */
export async function showAudit(request: AuditRequest): Promise<CommandResult> {
  const path = auditFile(request.workspace);
  const { entries, damaged } = await readAudit(path);
  const shown = entries.filter((entry) => isAskedFor(entry, request));
  const lines =
    damaged.length === 0
      ? []
      : [`${path} is damaged at line ${damaged.join(', ')}; the other lines are whole.`];
  const text = shown.length === 0 ? 'Nothing of that kind was asked here.' : toTable(shown);
  return { json: { entries: shown, damaged }, text: [text, ...lines].join('\n') };
}

function isAskedFor(entry: AuditEntry, { run, name, refused }: AuditRequest): boolean {
  if (run !== undefined && entry.run?.startsWith(run) !== true) return false;
  if (name !== undefined && entry.name !== name) return false;
  return refused !== true || entry.outcome !== 'ok';
}

function toTable(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => [
    entry.at,
    entry.name ?? '-',
    entry.role ?? '-',
    entry.peer,
    entry.method.split('/').at(-1) ?? entry.method,
    entry.run ?? '-',
    shortened(described(entry)),
    entry.skipped === undefined ? entry.outcome : `${entry.outcome} (and ${entry.skipped} more before it)`,
  ]);
  return formatTable(['at', 'name', 'role', 'from', 'asked', 'run', 'with', 'outcome'], rows);
}

function described({ control, arguments: asked, message }: AuditEntry): string {
  if (message !== undefined) return message;
  const values = control === undefined ? asked : control.event;
  return Object.entries(values)
    .filter(([key]) => key !== 'kind')
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
