import { MajlisError } from '../../../core/errors.js';
import {
  openRuntime,
  type GraphRuntime,
  type RuntimeName,
} from '../../../core/network/session/inference-session.js';
import type { Check } from './check.js';

/** Whether ONNX Runtime loads: the native library, or WebAssembly, which computes the same several times slower. */
export async function checkRuntime(
  open: (name: RuntimeName) => Promise<GraphRuntime> = openRuntime,
): Promise<Check> {
  const name = 'ONNX Runtime';
  const native = await attempt(open, 'onnxruntime-node');
  if ('version' in native) return { name, status: 'ok', found: `native ${native.version}` };
  const web = await attempt(open, 'onnxruntime-web');
  if ('version' in web) {
    const next = `expect runs to be 3 to 4 times slower; the native library said: ${native.reason}`;
    return { name, status: 'warn', found: `WebAssembly ${web.version} only`, next };
  }
  return {
    name,
    status: 'fail',
    found: `neither native (${native.reason}) nor WebAssembly (${web.reason})`,
    next: 'run "npm ci" again on this machine',
  };
}

async function attempt(
  open: (name: RuntimeName) => Promise<GraphRuntime>,
  name: RuntimeName,
): Promise<{ readonly version: string } | { readonly reason: string }> {
  try {
    return { version: (await open(name)).version };
  } catch (thrown) {
    const error = MajlisError.from(thrown);
    return { reason: MajlisError.from(error.cause ?? error).message.split('\n')[0] };
  }
}
