import type { PeerCertificate } from 'node:tls';

/** Names that a role may be given to. An entry that Node had to quote is left out: a name with a comma is nobody's. */
const NAMED = /^(?:DNS|URI):([^"]+)$/;

/** A verified certificate's common name and its DNS and URI names; none where no certificate was shown. */
export function certificateSubjects(certificate: PeerCertificate | undefined): readonly string[] {
  if (certificate === undefined) return [];
  const common: unknown = certificate.subject.CN;
  const names = typeof common === 'string' ? [common] : [];
  for (const entry of (certificate.subjectaltname ?? '').split(', ')) {
    const [, name] = NAMED.exec(entry) ?? [];
    if (name !== undefined && !names.includes(name)) names.push(name);
  }
  return names;
}
