/**
 * A process that owns a workspace's ledger and serves run control over it, as `majlis run` does, without training
 * anything: each line on its input makes something happen to the run `r1`.
 *
 *   iterations N   finishes N iterations
 *   state NAME     sets the run's state
 *   close          closes server and ledger, and ends
 */
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const dist = join(__dirname, '..', '..', '..', 'dist');
const { openSqliteLedger } = require(join(dist, 'core/ledger/sqlite-ledger.js'));
const { systemClock } = require(join(dist, 'core/runtime/clock.js'));
const { serveRunControl } = require(join(dist, 'cli/control/serve-run-control.js'));

const run = 'r1';
const workspaceFolder = process.argv[2];
const record = { rubricHash: 'rubric-a', rewardModelHash: 'reward-a', controlSequence: 0 };

function iterationEnd(iteration) {
  const version = iteration + 1;
  return {
    record: {
      ...record,
      iteration,
      policyVersion: version,
      inputsHash: `inputs-${iteration}`,
      metrics: { 'objective/scores': iteration / 10, 'objective/kl': NaN },
    },
    consumed: [],
    policy: { version, hash: `h${version}`, location: `/policies/${version}`, rubricHash: 'rubric-a' },
  };
}

async function main() {
  const ledger = await openSqliteLedger(join(workspaceFolder, 'ledger.sqlite'), systemClock);
  if ((await ledger.getRun(run)) === undefined) {
    const config = '{"locale":"ar-EG"}';
    await ledger.createRun({ id: run, name: 'first', seed: 1, config, configHash: 'c', fingerprints: {} });
  }
  await ledger.beginEpoch(run);
  await ledger.setRunState(run, 'running');
  const options = { ledger, workspaceFolder, clock: systemClock, heartbeatMs: 200 };
  const server = await serveRunControl({ ...options, isAtWork: (id) => id === run });
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, value] = line.split(' ');
    if (command === 'iterations') {
      const done = (await ledger.iterations(run)).length;
      for (let at = done; at < done + Number(value); at += 1)
        await ledger.completeIteration(run, iterationEnd(at));
    } else if (command === 'state') {
      await ledger.setRunState(run, value);
    } else {
      break;
    }
    process.stdout.write('ready\n');
  }
  await server.close();
  await ledger.close();
  process.exit(0);
}

void main();
