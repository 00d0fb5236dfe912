import { join, resolve } from 'node:path';
import type { PolicyVersion } from '../../domain/policy.js';
import { isThere } from '../../runtime/is-there.js';
import type { NamedPolicy } from './generation-server.js';

const HASH_CHARACTERS = 12;
/** What a folder of a PEFT adapter has and a folder of full weights has not. */
const ADAPTER_CONFIG = 'adapter_config.json';

/**
 * The name that a server is to know a policy by. It holds version and hash, so that a name never comes to mean other
 * weights: adapters of several versions may be loaded side by side, and answers say by name whose they are.
 */
export async function namePolicy(policy: PolicyVersion): Promise<NamedPolicy> {
  const name = `policy@v${String(policy.version)}-${policy.hash.slice(0, HASH_CHARACTERS)}`;
  // The server has another working directory.
  const location = resolve(policy.location);
  const isAdapter = await isThere(join(location, ADAPTER_CONFIG));
  return { policy: { ...policy, location }, name, kind: isAdapter ? 'adapter' : 'weights' };
}
