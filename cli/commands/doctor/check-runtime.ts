import { MajlisError } from '../../../core/errors.js';
import { openRuntime, type GraphRuntime } from '../../../core/network/session/inference-session.js';
import type { Check } from './check.js';

/** Whether ONNX Runtime loads: the native library, or WebAssembly, which computes the same several times slower. */
export async function checkRuntime(open: () => Promise<GraphRuntime> = openRuntime): Promise<Check> {
  const name = 'ONNX Runtime';
  try {
    const { version, fallbackReason } = await open();
    if (fallbackReason === undefined) return { name, status: 'ok', found: `native ${version}` };
    const next = `expect runs to be 3 to 4 times slower; ${fallbackReason}`;
    return { name, status: 'warn', found: `WebAssembly ${version} only`, next };
  } catch (thrown) {
    const next = 'run "npm ci" again on this machine';
    return { name, status: 'fail', found: MajlisError.from(thrown).message, next };
  }
}
