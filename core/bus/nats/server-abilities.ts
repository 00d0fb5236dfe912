import { MajlisError } from '../../errors.js';

/** Below this a server has no pull consumer as the bus needs them. */
const OLDEST = '2.9.0';

const ABILITIES: readonly { readonly since: string; readonly lack: string }[] = [
  {
    since: '2.10.0',
    lack: 'sync_interval cannot be set: what the server acknowledged in its last two minutes may be lost with its machine',
  },
  { since: '2.12.0', lack: 'it is older than 2.12, the oldest that production should run' },
];

/** What a server of this version cannot do, each in a sentence. `failed_precondition` where it is too old altogether. */
export function lacksOf(version: string): readonly string[] {
  if (isOlder(version, OLDEST)) {
    throw new MajlisError(`nats-server ${version} is too old: ${OLDEST} or later is needed`, {
      code: 'failed_precondition',
    });
  }
  return ABILITIES.filter(({ since }) => isOlder(version, since)).map(({ lack }) => lack);
}

function isOlder(version: string, other: string): boolean {
  const [numbers, others] = [version, other].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  const at = numbers.findIndex((number, index) => number !== others[index]);
  return at >= 0 && numbers[at] < others[at];
}
