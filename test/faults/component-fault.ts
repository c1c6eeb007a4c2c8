import { setTimeout as sleep } from 'node:timers/promises';
import type { TestStack } from '../test-stack.ts';

/** The services that a stack runs here, as its components are called. */
export const BROKERS = ['kafka-1', 'kafka-2', 'kafka-3'] as const;
export const SERVICES = [...BROKERS, 'metastore', 'temporal'] as const;

/** Kills components at once, as a crash of their machine would; the stack starts them again. */
export function killComponents({ stack }: TestStack, names: readonly string[]): void {
  for (const name of names) stack.component(name).kill('SIGKILL');
}

/** Stops components where they stand, connections and all, and lets them go on after a while as if nothing had been. */
export async function pauseComponents({ stack }: TestStack, names: readonly string[], ms: number): Promise<void> {
  for (const name of names) stack.component(name).kill('SIGSTOP');
  await sleep(ms);
  for (const name of names) stack.component(name).kill('SIGCONT');
}
