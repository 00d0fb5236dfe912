import { credentials, Client } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { z } from 'zod';
import type { PodProcess } from './pod-process.js';

const SERVING = z.object({ status: z.literal('SERVING') });
const PATIENCE_MS = 1000;

/** What a kubelet would find: whether the pod's probe of this kind passes now. */
export async function askProbe(
  pod: PodProcess,
  kind: 'startupProbe' | 'livenessProbe' | 'readinessProbe',
): Promise<boolean> {
  const probe = pod.container[kind];
  if (probe?.grpc !== undefined) return askGrpc(pod.address, probe.grpc.port, probe.grpc.service ?? '');
  if (probe?.httpGet === undefined) throw new Error(`${pod.pod.owner} has no ${kind}`);
  const { port, path = '/' } = probe.httpGet;
  const number = pod.container.ports.find(({ name }) => name === port)?.containerPort ?? port;
  try {
    return (await fetch(`http://${pod.address}:${number}${path}`)).ok;
  } catch {
    return false;
  }
}

async function askGrpc(address: string, port: number, service: string): Promise<boolean> {
  const client = new Client(`${address}:${port}`, credentials.createInsecure());
  const { Check: check } = healthService;
  if (check === undefined) throw new Error('the package has no Check');
  try {
    return await new Promise<boolean>((resolve) => {
      client.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service },
        { deadline: new Date(performance.timeOrigin + performance.now() + PATIENCE_MS) },
        (error, reply: unknown) => resolve(error === null && SERVING.safeParse(reply).success),
      );
    });
  } finally {
    client.close();
  }
}
