import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SegmentArtifacts } from '../../core/artifacts/segment-artifacts.js';
import { MemoryBus } from '../../core/bus/memory-bus.js';
import { EmbeddedEngine } from '../../core/engine/embedded-engine.js';
import type { Engine } from '../../core/engine/engine.js';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../core/runtime/clock.js';
import { createPinoLogger } from '../../core/telemetry/pino-logger.js';
import { EmbeddedTrainer } from '../../core/trainer/embedded-trainer.js';
import { RewardModelScorer } from '../../reward/scorer/reward-model-scorer.js';
import type { ArmServices } from './arm-services.js';

/** The services of one process over one workspace folder. */
export interface Workspace extends ArmServices {
  readonly scorer: RewardModelScorer;
  readonly folder: string;
  /** Starts engines, one thread each; they are closed with the workspace. */
  engines(count: number): Promise<readonly Engine[]>;
  close(): Promise<void>;
}

/** Opens ledger, artifacts, bus and trainer of a workspace; the folder is made where it does not exist. */
export async function openWorkspace(folder: string, trainerThreads: number): Promise<Workspace> {
  await mkdir(join(folder, 'runs'), { recursive: true });
  const clock = systemClock;
  const logger = createPinoLogger({ level: 'warn' });
  const ledger = await openSqliteLedger(join(folder, 'ledger.sqlite'), clock);
  const artifacts = await SegmentArtifacts.open({ folder: join(folder, 'segments') });
  for (const tail of artifacts.tails) logger.warn('a segment ends before its file does', { ...tail });
  const bus = new MemoryBus(clock);
  const trainer = EmbeddedTrainer.create({ threads: trainerThreads });
  const opened: Engine[] = [];
  return {
    folder,
    clock,
    logger,
    ledger,
    artifacts,
    bus,
    trainer,
    scorer: new RewardModelScorer(),
    atWork: new Set(),
    engines: async (count) => {
      const engines = await Promise.all(Array.from({ length: count }, () => EmbeddedEngine.open()));
      opened.push(...engines);
      return engines;
    },
    close: async () => {
      await Promise.all(opened.map((engine) => engine.close()));
      await trainer.close();
      await bus.close();
      await artifacts.close();
      await ledger.close();
    },
  };
}
