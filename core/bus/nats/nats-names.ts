/**
 * Every name and subject that Majlis uses on a NATS server. A release of Majlis shares a server with others; all that is
 * its own begins with its name. For a queue such as `tasks.POOL`:
 *
 * - stream `majlis_RELEASE_tasks_POOL` holds the messages, on `majlis.RELEASE.tasks.POOL.RUN`
 * - its one durable consumer is `readers`
 * - stream `majlis_RELEASE_dead_tasks_POOL` holds its dead letters, on `majlis.RELEASE.dead.tasks.POOL.RUN`
 */
import { BadInputError } from '../../errors.js';

/** The durable pull consumer of every queue. */
export const CONSUMER = 'readers';

/** Where a queue lives on the server. */
export interface QueueAddress {
  readonly stream: string;
  /** All runs. */
  readonly subjects: string;
  readonly deadStream: string;
  readonly deadSubjects: string;
  /** Asks the consumer for messages. */
  readonly pullSubject: string;
}

export class NatsNames {
  /** @param release letters, digits and dashes, as Helm releases are named */
  constructor(private readonly release: string) {
    if (/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(release)) return;
    const allowed = 'letters, digits and dashes, beginning with a letter or digit';
    throw new BadInputError({ source: 'the release of the bus', found: `"${release}"`, allowed });
  }

  queue(name: string): QueueAddress {
    const tokens = name.split('.').map(subjectToken);
    const stream = ['majlis', this.release, ...tokens].join('_');
    return {
      stream,
      subjects: ['majlis', this.release, ...tokens, '*'].join('.'),
      deadStream: ['majlis', this.release, 'dead', ...tokens].join('_'),
      deadSubjects: ['majlis', this.release, 'dead', ...tokens, '*'].join('.'),
      pullSubject: `$JS.API.CONSUMER.MSG.NEXT.${stream}.${CONSUMER}`,
    };
  }
}

/** The subject of one run among a queue's subjects, or among those of its dead letters. */
export function subjectOfRun(subjects: string, run: string): string {
  return `${subjects.slice(0, -1)}${subjectToken(run)}`;
}

/** The run that a subject ends in; as it stands there where Majlis cannot have written it. */
export function runOfSubject(subject: string): string {
  const last = subject.slice(subject.lastIndexOf('.') + 1);
  return /%(?![0-9A-F]{2})/.test(last) ? last : decodeURIComponent(last);
}

/** A name as one token of a subject, in which dots, blanks, `*` and `>` have a meaning of their own. */
export function subjectToken(name: string): string {
  if (name === '') {
    throw new BadInputError({ source: 'a queue or run of the bus', found: '""', allowed: 'a name' });
  }
  return encodeURIComponent(name).replace(/[.*]/g, (sign) => (sign === '.' ? '%2E' : '%2A'));
}
