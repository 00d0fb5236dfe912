import { statfs } from 'node:fs/promises';
import { MajlisError } from '../errors.js';

/** How much room is left. Whoever watches a disk takes one, so that tests own its size. */
export interface FreeSpace {
  /** Bytes that this process may still write on the volume that holds the path. */
  freeBytes(path: string): Promise<number>;
}

/** What the file system says; blocks that are kept back for root are not free. */
export const systemFreeSpace: FreeSpace = {
  freeBytes: async (path) => {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (cause) {
      const { message } = MajlisError.from(cause);
      throw new MajlisError(`The free space of ${path} cannot be told: ${message}`, {
        code: 'failed_precondition',
        cause,
      });
    }
  },
};
