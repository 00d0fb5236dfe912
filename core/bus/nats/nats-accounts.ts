import type { PermittedSubjects } from './permitted-subjects.js';
import { NatsNames } from './nats-names.js';

/** A user of the server, and what they may do. */
export interface NatsUser extends PermittedSubjects {
  /** What a comment calls them. */
  readonly name: string;
  /** `U…` */
  readonly publicKey: string;
}

/** The account of a release: its own JetStream, which no other account sees. */
export function accountName(release: string): string {
  new NatsNames(release);
  return `majlis-${release}`;
}

/**
 * Lines for a nats-server's configuration: an account for a release and its users, each with no more than they need. The
 * server needs `jetstream {}` besides.
 */
export function natsAccounts(release: string, users: readonly NatsUser[]): string {
  const blocks = users.map(({ name, publicKey, publish, subscribe }) =>
    [
      `      # ${name}`,
      '      {',
      `        nkey: ${publicKey}`,
      '        permissions: {',
      `          publish: { allow: [${listed(publish)}] }`,
      `          subscribe: { allow: [${listed(subscribe)}] }`,
      '        }',
      '      }',
    ].join('\n'),
  );
  return [
    'accounts: {',
    `  ${accountName(release)}: {`,
    '    jetstream: enabled',
    '    users: [',
    blocks.join('\n'),
    '    ]',
    '  }',
    '}',
  ].join('\n');
}

function listed(subjects: readonly string[]): string {
  return subjects.map((subject) => `\n            ${JSON.stringify(subject)}`).join('');
}
