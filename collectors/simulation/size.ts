import type { Random } from './random.ts';

export interface ServerSize {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly diskBytes: number;
  readonly diskMount: string;
}

const GIB = 1024 ** 3;

/** Sizes as they are found in a data-centre: small ones more often than large ones. */
export function sizeFrom(random: Random): ServerSize {
  const cores = random.pick([2, 4, 4, 8, 8, 8, 16, 16, 32, 64]);
  const memoryBytes = cores * random.pick([2, 4, 4, 8]) * GIB;
  return {
    cores,
    memoryBytes,
    swapBytes: random.pick([0, 2, 4, 8]) * GIB,
    diskBytes: random.pick([80, 200, 500, 1000, 2000, 4000]) * 1e9,
    diskMount: random.pick(['/', '/', '/var', '/data', '/srv']),
  };
}
