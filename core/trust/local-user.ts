import { userInfo } from 'node:os';

/** The name of the user that this process runs as; `uid 1000` where the machine has no name for it, as in a container. */
export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
