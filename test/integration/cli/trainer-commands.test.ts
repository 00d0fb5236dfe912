import { createInterface } from 'node:readline';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { startTorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import { CertificateFiles } from '../../../core/trust/certificate-files.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { majlis, startMajlis } from './majlis-process.js';

describeWithPython('majlis trainer torch', () => {
  const folder = useTemporaryFolder();

  it('serves a model directory until it is stopped', async () => {
    const config = { vocabSize: 24, contextLength: 16, layers: 1, width: 16, heads: 2 };
    const model = join(folder(), 'model');
    await writeModelDirectory({ directory: model, config, weights: initialWeights(config, 3) });
    const args = [
      'trainer',
      'torch',
      '--model',
      model,
      '--python',
      interpreter,
      '--health-port',
      '0',
      '--json',
    ];
    const { child, finished } = startMajlis(args);
    if (child.stderr === null) throw new Error('the process has no stderr');
    let address: string | undefined;
    let health: string | undefined;
    const isReady = async (): Promise<boolean> => (await fetch(`http://${health ?? ''}/readyz`)).ok;
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.includes('health at ')) {
        health = /health at (\S+)$/.exec(line)?.[1];
        expect(await isReady()).toBe(false);
      }
      address = /trainer at (\S+),/.exec(line)?.[1];
      if (address !== undefined) break;
    }
    const trainer = await GrpcTrainer.connect({ address: String(address) });
    expect(await trainer.capabilities()).toMatchObject({ engine: 'torch', contextLength: 16 });
    expect(await isReady()).toBe(true);
    await trainer.close();
    child.kill('SIGTERM');
    const { status, stdout } = await finished;
    expect({ status, said: JSON.parse(stdout) }).toEqual({ status: 0, said: { address, contextLength: 16 } });
  }, 60_000);

  it('asks for the token of its file under TLS, on every call, and takes up new certificates', async () => {
    const config = { vocabSize: 24, contextLength: 16, layers: 1, width: 16, heads: 2 };
    const model = join(folder(), 'model');
    await writeModelDirectory({ directory: model, config, weights: initialWeights(config, 3) });
    const tokenFile = join(folder(), 'token');
    await writeFile(tokenFile, 'a-secret\n');
    const authority = makeAuthority('our CA');
    const ca = join(folder(), 'ca.crt');
    await writeFile(ca, authority.pem);
    const leaf = { commonName: 'trainer', names: ['IP:127.0.0.1'] };
    const { certificate: tlsCert, key: tlsKey } = writeLeaf(folder(), 'trainer', makeLeaf(authority, leaf));
    const torch = await startTorchProcess({ python: interpreter, model, tokenFile, tlsCert, tlsKey });
    const call = { run: 'run', epoch: 1 };
    const batch = {
      tokenIds: Int32Array.of(1, 2, 3),
      offsets: Int32Array.of(0, 3),
      weights: Float32Array.of(0, 1, 1),
      temperature: 1,
    };
    const ask = async (token?: string): Promise<unknown> => {
      const trainer = await GrpcTrainer.connect({
        address: torch.address,
        tls: await CertificateFiles.open({ ca }, { clock: systemClock }),
        deadlines: { connectMs: 2000 },
        ...(token === undefined ? {} : { token }),
      });
      try {
        const modelId = await trainer.createModel(call, { role: 'policy', base: model, heads: 0, seed: 1 });
        return await trainer.forward(call, { modelId, batch, want: ['log_probs'] });
      } finally {
        await trainer.close();
      }
    };
    try {
      await expect(ask()).rejects.toMatchObject({ code: 'unauthenticated' });
      await expect(ask('another')).rejects.toMatchObject({ code: 'unauthenticated' });
      await expect(ask('a-secret')).resolves.toMatchObject({ logProbs: expect.any(Float32Array) });
      const next = makeAuthority('the next CA');
      writeLeaf(folder(), 'trainer', makeLeaf(next, leaf));
      await expect(ask('a-secret')).rejects.toMatchObject({ code: 'unavailable' });
      await writeFile(ca, next.pem);
      await expect(ask('a-secret')).resolves.toMatchObject({ logProbs: expect.any(Float32Array) });
    } finally {
      await torch.stop();
    }
  }, 60_000);

  it.each([
    [['--host', '0.0.0.0'], 'needs --token-file, --tls-cert, --tls-key; --insecure allows it'],
    [['--tls-cert', '/nowhere/crt'], '--tls-cert and --tls-key go together'],
    [['--token-file', '/nowhere/token'], '--token-file /nowhere/token cannot be read'],
    [['--device', 'tpu'], 'Allowed choices are cpu, cuda'],
    [['--pass-tokens', '0'], '--pass-tokens'],
  ])('refuses %j', async (flags, said) => {
    const { status, stderr } = await majlis([
      ...['trainer', 'torch', '--model', folder(), '--python', interpreter],
      ...flags,
    ]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(said);
  });

  it('says what is wrong with a model directory', async () => {
    const { status, stderr } = await majlis([
      ...['trainer', 'torch', '--model', folder()],
      ...['--python', interpreter],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `The model directory ${folder()} cannot be opened: ${join(folder(), 'config.json')} cannot be read.`,
    );
  });
});

describe('majlis trainer torch without a Python that can serve', () => {
  const folder = useTemporaryFolder();
  const start = (python: string): ReturnType<typeof majlis> =>
    majlis(['trainer', 'torch', '--model', folder(), '--python', python]);

  it('says how to install what is missing', async () => {
    const { status, stderr } = await start('/bin/false');
    expect(status).toBe(1);
    expect(stderr).toContain('/bin/false -m pip install');
  });

  it('takes an interpreter from the folder that it is called in', async () => {
    const { stderr } = await start(relative(process.cwd(), '/bin/false'));
    expect(stderr).toContain('/bin/false -m pip install');
  });

  it('names an interpreter that is not there', async () => {
    const { status, stderr } = await start('/nowhere/python');
    expect(status).toBe(1);
    expect(stderr).toContain('/nowhere/python could not be started');
  });
});
