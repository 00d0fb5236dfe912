import type {
  Bus,
  DeadLetter,
  DeadLetterOptions,
  Delivery,
  OutgoingMessage,
  OutgoingParcel,
  PullOptions,
  QueueSettings,
  QueueStatus,
} from '../../core/bus/bus.js';
import { MajlisError } from '../../core/errors.js';

/** A worker's connection that can be cut: from then on nothing it says arrives, as when its machine is gone. */
export class DyingBus implements Bus {
  private isDead = false;

  constructor(private readonly bus: Bus) {}

  die(): void {
    this.isDead = true;
  }

  async declareQueue(queue: QueueSettings): Promise<void> {
    await this.bus.declareQueue(queue);
  }

  async publish(queue: string, message: OutgoingMessage): Promise<{ readonly duplicate: boolean }> {
    this.requireAlive();
    return this.bus.publish(queue, message);
  }

  async publishParcel(queue: string, parcel: OutgoingParcel): Promise<{ readonly duplicate: boolean }> {
    this.requireAlive();
    return this.bus.publishParcel(queue, parcel);
  }

  async parcelSize(queue: string): Promise<number> {
    return this.bus.parcelSize(queue);
  }

  async pull(queue: string, options: PullOptions): Promise<readonly Delivery[]> {
    this.requireAlive();
    const deliveries = await this.bus.pull(queue, options);
    return deliveries.map((delivery) => this.mortal(delivery));
  }

  async status(queue: string): Promise<QueueStatus> {
    return this.bus.status(queue);
  }

  async deadLetters(queue: string, options: DeadLetterOptions): Promise<readonly DeadLetter[]> {
    return this.bus.deadLetters(queue, options);
  }

  async purge(queue: string, run?: string): Promise<void> {
    await this.bus.purge(queue, run);
  }

  async restoreConsumer(queue: string): Promise<void> {
    await this.bus.restoreConsumer(queue);
  }

  async close(): Promise<void> {
    this.die();
  }

  private mortal(delivery: Delivery): Delivery {
    return {
      ...delivery,
      ack: async () => {
        this.requireAlive();
        await delivery.ack();
      },
      nak: async (delayMs) => {
        this.requireAlive();
        await delivery.nak(delayMs);
      },
      working: async () => {
        this.requireAlive();
        await delivery.working();
      },
      terminate: async (reason) => {
        this.requireAlive();
        await delivery.terminate(reason);
      },
    };
  }

  private requireAlive(): void {
    if (this.isDead) throw new MajlisError('the connection is gone', { code: 'unavailable' });
  }
}
