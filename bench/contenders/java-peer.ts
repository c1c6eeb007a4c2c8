import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jdkProgram } from '../../infra/java.ts';
import type { Measurement } from '../measure/measurement.ts';
import { ProcessWatch } from '../measure/process-watch.ts';
import type { Output } from './output.ts';

const LOOK_EVERY_MS = 250;
const LIMIT_MS = 1_200_000;

/** A peer that is one JVM, and is followed by what it logs. */
export interface JavaPeer {
  readonly name: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Whether it has started, by its log so far. */
  readonly isReady: (log: string) => boolean;
  /** A line that says how many more rows are written; its first group is their number. */
  readonly rowsLine: RegExp;
  /** Looks at what it wrote. @param ended when it has ended by itself, or the limit has passed */
  readonly output: (ended: () => Promise<unknown>) => Promise<Output>;
}

/** Runs it until it says that all records are written. @throws Error where it ends, or takes too long, before that */
export async function runJavaPeer(peer: JavaPeer, records: number): Promise<Measurement> {
  const { name, args, logFile, isReady, rowsLine } = peer;
  const log = openSync(logFile, 'a');
  const startedMs = performance.now();
  const child = spawn(jdkProgram('java'), args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const exit = new Promise((resolve) => child.once('exit', resolve));
  const watch = new ProcessWatch([child.pid ?? 0]);
  const secondsSince = (ms: number): number => (performance.now() - ms) / 1000;
  let [firstRowSeconds, ready]: [number | null, { ms: number; cpu: number } | undefined] = [null, undefined];
  try {
    for (let rows = 0; rows < records;) {
      if (child.exitCode !== null || secondsSince(startedMs) * 1000 > LIMIT_MS) {
        throw new Error(`${name} took ${rows} records and no more; see ${logFile}.`);
      }
      await sleep(LOOK_EVERY_MS);
      const text = readFileSync(logFile, 'utf8');
      if (isReady(text)) ready ??= { ms: performance.now(), cpu: watch.cpuSeconds };
      rows = [...text.matchAll(rowsLine)].reduce((sum, match) => sum + Number(match[1]), 0);
      if (rows > 0) firstRowSeconds ??= secondsSince(startedMs);
    }
    const { cpuSeconds, peakMiB } = watch;
    const since = ready ?? { ms: startedMs, cpu: 0 };
    const taken = { seconds: secondsSince(startedMs), busySeconds: secondsSince(since.ms) };
    const used = { cpuSeconds, busyCpuSeconds: cpuSeconds - since.cpu, peakMiB, firstRowSeconds };
    const output = await peer.output(() => Promise.race([exit, sleep(LIMIT_MS, undefined, { ref: false })]));
    return { contender: name, ...taken, ...used, ...output };
  } finally {
    watch.stop();
    child.kill('SIGKILL');
  }
}
