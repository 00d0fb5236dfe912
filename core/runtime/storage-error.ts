import { types } from 'node:util';
import { MajlisError } from '../errors.js';
import type { ErrorCode } from '../errors.js';

/** A file system failure as one sentence that names the path. A MajlisError passes through. */
export function storageError(path: string, thrown: unknown): MajlisError {
  if (thrown instanceof MajlisError) return thrown;
  const [code, sentence] = describeFailure(systemCode(thrown) ?? 'an unknown error');
  return new MajlisError(`${path} ${sentence}`, { code, cause: thrown });
}

/** Node's name of a failed system call's error, for example `ENOENT`. */
export function systemCode(thrown: unknown): string | undefined {
  if (!types.isNativeError(thrown) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

function describeFailure(code: string): [ErrorCode, string] {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return ['resource_exhausted', 'cannot be written: the disk is full'];
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return ['failed_precondition', 'cannot be used: it must be readable and writable'];
    case 'ENOENT':
      // What Node says, too, of a folder that it cannot make on a read-only volume.
      return [
        'failed_precondition',
        'is not there and cannot be made: its folder must exist and be writable',
      ];
    case 'ENOTDIR':
    case 'EEXIST':
      return ['failed_precondition', 'cannot be used: something else has its name'];
    default:
      return ['internal', `failed with ${code}`];
  }
}
