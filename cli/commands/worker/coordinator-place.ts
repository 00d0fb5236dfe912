import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { CoordinatorPlace } from '../../../workers/rollout/rpc/attach-to-coordinator.js';
import { isProcessThere, readCoordinatorFile } from '../../control/coordinator-file.js';
import type { ClientTrust } from '../../trust/client-trust-flags.js';

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):\d{1,5}$/;

export interface CoordinatorPlaceOptions extends ClientTrust {
  /** host:port; that of the workspace's process unless told. */
  readonly coordinator?: string | undefined;
  readonly workspace: string;
}

/**
 * Where the coordinator is, asked anew at each attempt: a workspace's process has another address and token each time it
 * starts. While there is none it is `unavailable`.
 */
export function coordinatorPlace(options: CoordinatorPlaceOptions): () => Promise<CoordinatorPlace> {
  const { coordinator: address, workspace, token, tls } = options;
  if (address === undefined) return () => placeOfWorkspace(workspace);
  if (!ADDRESS.test(address)) {
    const allowed = 'HOST:PORT, such as 127.0.0.1:7460';
    throw new BadInputError({ source: '--coordinator', found: JSON.stringify(address), allowed });
  }
  const shown = {
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  };
  return async () => ({ address, ...shown });
}

async function placeOfWorkspace(workspace: string): Promise<CoordinatorPlace> {
  const file = await readCoordinatorFile(workspace);
  if (file !== undefined && isProcessThere(file.pid)) return { address: file.address, token: file.token };
  const message = `no process serves workspace ${workspace}; start majlis run or majlis coordinator with --bus there, or name one with --coordinator`;
  throw new MajlisError(message, { code: 'unavailable' });
}
