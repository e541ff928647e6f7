export interface SignalWatch {
  signal: AbortSignal;
  /** The signal that arrived, or undefined. */
  received(): NodeJS.Signals | undefined;
  close(): void;
}

/**
 * Turns SIGINT and SIGTERM into an AbortSignal, so that the engine cancels its statement, rolls back and lets go of its
 * lock. Node as PID 1 (a container) would otherwise ignore SIGTERM. A second signal adds nothing: the first is on its way.
 */
export function watchSignals(): SignalWatch {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const handler = (name: NodeJS.Signals) => {
    received ??= name;
    controller.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    received: () => received,
    close: () => {
      // A second signal on the way out would else end the process without the exit code.
      if (received) return;
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
