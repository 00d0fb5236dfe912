/**
 * The authorization header as tokens are shown in it. Trainers that can be given an address and no header show a token in the
 * address, `http://trainer:TOKEN@host`, which their HTTP clients send as Basic (RFC 7617): its password is then the token, or the
 * name where there is no password. Any other header stays as it is.
 */
export function shownToken(header: string | undefined): string | undefined {
  const [, encoded] = /^Basic +(\S+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return header;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const [name, password] = colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
  return `Bearer ${password === '' ? name : password}`;
}
