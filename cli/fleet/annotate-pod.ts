import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readText } from '../../core/config/read-text.js';
import { MajlisError } from '../../core/errors.js';

/** Where a pod finds the token of its ServiceAccount and the CA of the API server. */
export const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface PodAnnotation {
  /** The pods of a namespace, such as `https://kubernetes.default.svc/api/v1/namespaces/majlis/pods`. */
  readonly pods: string;
  readonly pod: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** With `token` and `ca.crt`, which are read anew for each call: a kubelet renews them. */
  readonly accountFolder?: string;
}

const PATIENCE_MS = 10_000;
const QUOTED = 200;

/** Annotates a pod. What the API server refuses is `permission_denied`, no answer `unavailable`; no such pod is no failure. */
export async function annotatePod(options: PodAnnotation): Promise<void> {
  const { pods, pod, annotations, accountFolder = ACCOUNT_FOLDER } = options;
  const [token, ca] = await Promise.all(
    ['token', 'ca.crt'].map((name) => readText(join(accountFolder, name))),
  );
  const url = `${pods}/${encodeURIComponent(pod)}`;
  const { status, body } = await patch(url, { token: token.trim(), ca }, { metadata: { annotations } });
  // A worker on a machine of its own is no pod.
  if (status === 404 || (status >= 200 && status < 300)) return;
  throw new MajlisError(`${url} answered ${status}: ${body.slice(0, QUOTED)}`, {
    code: status === 401 || status === 403 ? 'permission_denied' : 'unavailable',
  });
}

function patch(
  url: string,
  { token, ca }: { readonly token: string; readonly ca: string },
  change: object,
): Promise<{ readonly status: number; readonly body: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' };
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(new MajlisError(`${url} did not answer: ${String(cause)}`, { code: 'unavailable', cause }));
    const asked = request(url, { method: 'PATCH', headers, ca, timeout: PATIENCE_MS }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), failed);
    });
    asked.on('timeout', () => asked.destroy(new Error(`nothing for ${PATIENCE_MS} ms`))).on('error', failed);
    asked.end(JSON.stringify(change));
  });
}
