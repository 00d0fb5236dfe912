import { rolloutQueueNames } from '../subjects.js';
import { CONSUMER, NatsNames, subjectToken } from './nats-names.js';

/** What a role may publish and subscribe to; all else is refused by the server. */
export interface PermittedSubjects {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Replies come here; every role, and the workers of every pool, have their own, so that none reads another's. */
  readonly inboxPrefix: string;
}

/** Takes tasks of its pool, and publishes their results. It can neither make tasks nor read results. */
export function workerSubjects(release: string, pool: string): PermittedSubjects {
  const names = new NatsNames(release);
  const queues = rolloutQueueNames(pool);
  const [tasks, results] = [names.queue(queues.tasks), names.queue(queues.results)];
  const inboxPrefix = `_INBOX_${release}_worker_${subjectToken(pool)}`;
  return {
    inboxPrefix,
    publish: [
      `$JS.API.CONSUMER.INFO.${tasks.stream}.${CONSUMER}`,
      tasks.pullSubject,
      ...ackSubjects(tasks.stream),
      tasks.deadSubjects,
      results.subjects,
      `$JS.API.STREAM.INFO.${results.stream}`,
    ],
    subscribe: [`${inboxPrefix}.>`],
  };
}

/** Makes streams and consumers, publishes tasks, takes results. */
export function coordinatorSubjects(release: string): PermittedSubjects {
  const inboxPrefix = `_INBOX_${release}_coordinator`;
  return {
    inboxPrefix,
    publish: [
      ...['CREATE', 'INFO', 'PURGE', 'MSG.GET'].map((verb) => `$JS.API.STREAM.${verb}.*`),
      ...['INFO', 'DELETE', 'MSG.NEXT', 'DURABLE.CREATE'].map((verb) => `$JS.API.CONSUMER.${verb}.*.*`),
      '$JS.API.CONSUMER.CREATE.>',
      '$JS.ACK.>',
      `majlis.${release}.>`,
    ],
    subscribe: [`${inboxPrefix}.>`],
  };
}

/** As servers name acknowledgements until 2.14, and from 2.15 on, with domain and account before the stream. */
function ackSubjects(stream: string): string[] {
  return [`$JS.ACK.${stream}.${CONSUMER}.>`, `$JS.ACK.*.*.${stream}.${CONSUMER}.>`];
}
