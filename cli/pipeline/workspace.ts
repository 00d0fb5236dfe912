import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SegmentArtifacts } from '../../core/artifacts/segment-artifacts.js';
import { MemoryBus } from '../../core/bus/memory-bus.js';
import { EmbeddedEngine } from '../../core/engine/embedded-engine.js';
import type { Engine } from '../../core/engine/engine.js';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { systemClock, type Clock } from '../../core/runtime/clock.js';
import { busMetrics } from '../../core/telemetry/metrics/bus-metrics.js';
import { EmbeddedTrainer } from '../../core/trainer/embedded-trainer.js';
import { RewardModelScorer } from '../../reward/scorer/reward-model-scorer.js';
import { RunDemand } from '../../coordinator/demand/run-demand.js';
import { ledgerFile } from '../commands/open-ledger.js';
import { openUnlessHeld } from '../control/open-unless-held.js';
import { tryPatiently } from '../control/try-patiently.js';
import { openTelemetry, type ProcessTelemetry } from '../telemetry/process-telemetry.js';
import type { ArmServices } from './arm-services.js';

/** The services of one process over one workspace folder. */
export interface Workspace extends ArmServices {
  readonly scorer: RewardModelScorer;
  readonly folder: string;
  /** Starts engines, one thread each; they are closed with the workspace, unless before. */
  engines(count: number): Promise<readonly Engine[]>;
  /** Closes engines that nobody uses any more. */
  closeEngines(engines: readonly Engine[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens ledger, artifacts, bus and trainer of a workspace; the folder is made where it does not exist. */
export async function openWorkspace(
  path: string,
  trainerThreads: number,
  given?: ProcessTelemetry,
): Promise<Workspace> {
  // What is stored names folders by their whole paths, so that a run goes on however its workspace is spelt.
  const folder = resolve(path);
  await mkdir(join(folder, 'runs'), { recursive: true });
  const clock = systemClock;
  const telemetry = given ?? (await openTelemetry({ service: 'majlis-coordinator' }));
  const { logger, metrics, tracer } = telemetry;
  const ledger = await openLedgerPatiently(folder, clock);
  const artifacts = await SegmentArtifacts.open({ folder: join(folder, 'segments') });
  for (const tail of artifacts.tails) logger.warn('a segment ends before its file does', { ...tail });
  const bus = new MemoryBus(clock, busMetrics(metrics));
  const trainer = EmbeddedTrainer.create({ threads: trainerThreads });
  const opened = new Set<Engine>();
  return {
    folder,
    clock,
    logger,
    metrics,
    tracer,
    demand: new RunDemand(ledger),
    ledger,
    artifacts,
    bus,
    trainer,
    scorer: new RewardModelScorer(),
    atWork: new Set(),
    engines: async (count) => {
      const engines = await Promise.all(Array.from({ length: count }, () => EmbeddedEngine.open()));
      for (const engine of engines) opened.add(engine);
      return engines;
    },
    closeEngines: async (engines) => {
      for (const engine of engines) opened.delete(engine);
      await Promise.all(engines.map((engine) => engine.close()));
    },
    close: async () => {
      await Promise.all([...opened].map((engine) => engine.close()));
      await trainer.close();
      await bus.close();
      await artifacts.close();
      await ledger.close();
    },
  };
}

/** How long another command may hold the ledger. */
const PATIENCE_MS = 2000;

async function openLedgerPatiently(folder: string, clock: Clock): Promise<Ledger> {
  const file = ledgerFile(folder);
  if (!existsSync(file)) return openSqliteLedger(file, clock);
  const ledger = await tryPatiently(() => openUnlessHeld(folder, clock), { patienceMs: PATIENCE_MS, clock });
  return ledger ?? openSqliteLedger(file, clock);
}
