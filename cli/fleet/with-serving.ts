import type { Command } from 'commander';
import type { Session } from '../commands/session.js';
import { wholeNumber } from '../commands/whole-number.js';
import type { ServedWorkspaceOptions } from '../pipeline/served-workspace.js';
import { parseArtifactsPlace } from '../../core/config/artifacts-place.js';
import { addHealthOptions, openHealth } from '../trust/health-flags.js';
import { addServerTrustOptions, openServerTrust } from '../trust/server-trust-flags.js';
import { BadInputError } from '../../core/errors.js';
import { addBusOptions } from './bus-flags.js';
import type { FleetFlags } from './open-fleet.js';

/** What a process lets others do with its workspace. */
export type Serving = Pick<ServedWorkspaceOptions, 'listener' | 'fleet' | 'say' | 'onServed'>;

const MOST_PORT = 65_535;
/** As many as JetStream keeps. */
/** A parcel of results of 2 KB then fits into one NATS message, well below its limit. */
const MOST_PARTS = 64;
const MOST_REPLICAS = 5;
const MOST_QUOTA = 1_000_000;

/** Adds the flags of commands that other machines steer, and whose runs workers of other processes sample for. */
export function addServingOptions(command: Command): Command {
  addHealthOptions(
    addServerTrustOptions(addBusOptions(command), 'run control, worker sessions and artifacts'),
  );
  return command
    .option(
      '--bus-replicas <number>',
      'copies of each stream among the servers of a cluster, of streams that are made anew (default: 1)',
      wholeNumber('--bus-replicas', 1, MOST_REPLICAS),
    )
    .option(
      '--tasks-per-parcel <number>',
      'tasks, and results, that travel as one message of the bus; for tasks of milliseconds, and no more than the slots of a worker',
      wholeNumber('--tasks-per-parcel', 1, MOST_PARTS),
      1,
    )
    .option(
      '--annotate-pods <url>',
      "a namespace's pods in Kubernetes' API: those of workers are told what their removal costs, by their names",
      httpsUrl,
    )
    .option(
      '--artifacts <place>',
      'where policies and large messages are kept for workers: a folder, or s3://BUCKET/PREFIX; in the workspace unless told',
      (text: string) => parseArtifactsPlace(text, '--artifacts'),
    )
    .option(
      '--artifacts-port <number>',
      'port for artifacts, at the host of --listen; 0 takes a free one, which workers are told',
      wholeNumber('--artifacts-port', 0, MOST_PORT),
      0,
    )
    .option(
      '--artifacts-quota <number>',
      'GiB of large results that workers of one token may put in an hour',
      wholeNumber('--artifacts-quota', 1, MOST_QUOTA),
      64,
    );
}

/** Does the work with what the flags name: a listener with --listen, a fleet with --bus. */
export async function withServing<Value>(
  flags: FleetFlags,
  { terminal, clock }: Pick<Session, 'terminal' | 'clock'>,
  work: (serving: Serving) => Promise<Value>,
): Promise<Value> {
  const say = (sentence: string): void => terminal.say(sentence);
  const { bus, listen, ...rest } = flags;
  if (listen === undefined) refuseTrustOfNobody(flags);
  const trust = await openServerTrust(flags, { clock, say });
  const listener = listen === undefined ? {} : { listener: { ...listen, ...trust } };
  const fleet: ServedWorkspaceOptions['fleet'] = async (workspace) => {
    const { openFleet } = await import('./open-fleet.js');
    return openFleet({ ...rest, bus: bus ?? [] }, { ...workspace, ...listener });
  };
  let waitsFor: string | undefined = 'the workspace is not open yet';
  const onServed = (): void => {
    waitsFor = undefined;
  };
  try {
    const health = await openHealth(flags, { ready: () => waitsFor }, say);
    try {
      return await work({ say, onServed, ...listener, ...(bus === undefined ? {} : { fleet }) });
    } finally {
      await health?.close();
    }
  } finally {
    trust.close();
  }
}

/** The token of the process' account travels there. */
function httpsUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return text;
  const allowed = 'https://kubernetes.default.svc/api/v1/namespaces/NAMESPACE/pods';
  throw new BadInputError({ source: '--annotate-pods', found: JSON.stringify(text), allowed });
}

/** Flags of a listener that is not there would be a protection that somebody believes in. */
function refuseTrustOfNobody({ tlsCert, tlsKey, tlsCa, tokens, insecure }: FleetFlags): void {
  const flags = {
    '--tls-cert': tlsCert,
    '--tls-key': tlsKey,
    '--tls-ca': tlsCa,
    '--tokens': tokens,
    '--insecure': insecure,
  };
  const [source] = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (source === undefined) return;
  throw new BadInputError({ source, found: 'it without --listen', allowed: 'it beside --listen HOST:PORT' });
}
