import { BadInputError } from '../errors.js';
import { readText } from './read-text.js';

/** What a header can carry: a line feed within would end it, and gRPC would then tell the whole of it in its error. */
const IN_A_HEADER = /^[\x20-\x7e]+$/;

/** The token in a file, without the space around it. A BadInputError tells what is wrong with it, and no sign of it. */
export async function readToken(path: string): Promise<string> {
  const token = (await readText(path)).trim();
  if (IN_A_HEADER.test(token)) return token;
  const lines = token.split('\n').length;
  throw new BadInputError({
    source: path,
    found: lines > 1 ? `${lines} lines` : 'signs beyond ASCII',
    allowed: 'one line of ASCII, the token; "openssl rand -base64 32" makes one',
  });
}
