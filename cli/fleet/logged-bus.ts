import type { BusConnectionEvent, BusObserver } from '../../core/bus/bus-observer.js';
import type { Logger } from '../../core/telemetry/logger.js';

/** Who counts what a bus does, with the state of its connection in the log as well. */
export function loggedBus(counted: BusObserver, logger: Logger): BusObserver {
  return {
    ...counted,
    connection: (event) => {
      tell(event, logger);
      counted.connection?.(event);
    },
  };
}

function tell(event: BusConnectionEvent, logger: Logger): void {
  switch (event.kind) {
    case 'connected': {
      const { server, version, lacks } = event;
      logger.info('connected to the bus', { server, version });
      for (const lack of lacks) logger.warn(`nats-server ${version}: ${lack}`, { server });
      return;
    }
    case 'lost':
      return logger.warn('the connection to the bus was lost and is being restored', {
        server: event.server,
      });
    case 'restored':
      return logger.info('the connection to the bus is restored', { server: event.server });
    case 'closed':
      if (event.error !== undefined) logger.error('the bus is gone for good', { error: event.error });
  }
}
