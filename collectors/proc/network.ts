/** One network interface's counters since it came up. */
export interface InterfaceCounters {
  readonly receivedBytes: number;
  readonly transmittedBytes: number;
}

export interface NetworkRates {
  readonly network_receive_bytes_per_s: number;
  readonly network_transmit_bytes_per_s: number;
}

/** Parses /proc/net/dev (proc_pid_net(5)), every interface but the loopback. */
export function parseNetwork(text: string): ReadonlyMap<string, InterfaceCounters> {
  const interfaces = new Map<string, InterfaceCounters>();
  for (const line of text.split('\n')) {
    const match = /^\s*([^:|]+):\s*(\d.*)$/.exec(line);
    const name = match?.[1];
    const fields = match?.[2]?.trim().split(/\s+/).map(Number) ?? [];
    const [receivedBytes, transmittedBytes] = [fields[0], fields[8]];
    if (name === undefined || name === 'lo' || receivedBytes === undefined || transmittedBytes === undefined) continue;
    interfaces.set(name, { receivedBytes, transmittedBytes });
  }
  return interfaces;
}

/**
 * The interfaces to count: those with hardware behind them, because bridges, bonds and containers' virtual interfaces
 * carry the same bytes a second time. Where none has (inside a container), all of them.
 */
export function countedInterfaces<T>(
  all: ReadonlyMap<string, T>,
  physical: ReadonlySet<string>,
): ReadonlyMap<string, T> {
  const counted = new Map([...all].filter(([name]) => physical.has(name)));
  return counted.size > 0 ? counted : all;
}

/** Rates between two readings, over the interfaces in both; undefined where there are none or a counter went back. */
export function networkRates(
  before: ReadonlyMap<string, InterfaceCounters>,
  after: ReadonlyMap<string, InterfaceCounters>,
  elapsedMs: number,
): NetworkRates | undefined {
  if (elapsedMs <= 0) return undefined;
  let [interfaces, received, transmitted] = [0, 0, 0];
  for (const [name, now] of after) {
    const then = before.get(name);
    if (then === undefined) continue;
    const receivedStep = now.receivedBytes - then.receivedBytes;
    const transmittedStep = now.transmittedBytes - then.transmittedBytes;
    if (receivedStep < 0 || transmittedStep < 0) return undefined;
    interfaces += 1;
    received += receivedStep;
    transmitted += transmittedStep;
  }
  if (interfaces === 0) return undefined;
  return {
    network_receive_bytes_per_s: (1000 * received) / elapsedMs,
    network_transmit_bytes_per_s: (1000 * transmitted) / elapsedMs,
  };
}
