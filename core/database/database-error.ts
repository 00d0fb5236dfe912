import Database from 'libsql';
import { MajlisError } from '../errors.js';
import type { ErrorCode, ErrorReason } from '../errors.js';
import type { DatabaseFile, DatabaseKind } from './database-kind.js';

/** An SQLite failure as one sentence that names the file. */
export function databaseError({ kind, name }: DatabaseFile, thrown: unknown): MajlisError {
  const error = MajlisError.from(thrown);
  if (!(thrown instanceof Database.SqliteError)) return error;
  const [code, sentence, reason] = describeFailure(thrown.code, kind);
  return new MajlisError(`${kind.noun} file ${name} ${sentence}`, {
    code,
    ...(reason === undefined ? {} : { reason }),
    cause: thrown,
  });
}

type Description = readonly [code: ErrorCode, sentence: string, reason?: ErrorReason];

function describeFailure(sqliteCode: string, { noun, owner }: DatabaseKind): Description {
  // A file on a read-only volume opens, and then its lock fails.
  if (sqliteCode === 'SQLITE_IOERR_LOCK') {
    return [
      'failed_precondition',
      'cannot be locked; it must be writable, on a volume that knows file locks',
    ];
  }
  const family = sqliteCode.split('_').slice(0, 2).join('_');
  switch (family) {
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return [
        'failed_precondition',
        `is already open; stop the ${owner} that uses it or choose another file`,
        'held',
      ];
    case 'SQLITE_FULL':
      return ['resource_exhausted', 'cannot grow: the disk is full'];
    case 'SQLITE_READONLY':
      return ['failed_precondition', 'is read-only; make it and its folder writable'];
    case 'SQLITE_CANTOPEN':
      return ['failed_precondition', 'cannot be opened; its folder must exist and be writable'];
    case 'SQLITE_IOERR':
      return ['unavailable', `could not be read or written (${sqliteCode}); look at its disk`];
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return ['data_loss', `is damaged, or is not a ${noun}`];
    default:
      return ['internal', `failed with ${sqliteCode}`];
  }
}
