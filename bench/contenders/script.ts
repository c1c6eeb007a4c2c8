import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ProcessWatch } from '../measure/process-watch.ts';

/** What a script among the contenders says of itself when it is done, as its last line. */
export interface ScriptReport {
  readonly cpuSeconds: number;
  readonly busyCpuSeconds: number;
  readonly busySeconds: number;
  readonly firstRowSeconds: number | null;
}

export interface ScriptRun extends ScriptReport {
  readonly seconds: number;
  readonly peakMiB: number;
}

/** Runs a script of this folder as a process of its own, with what it is to do as JSON. */
export async function runScript(script: string, input: object): Promise<ScriptRun> {
  const startedMs = performance.now();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const watch = new ProcessWatch([child.pid ?? 0]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  watch.stop();
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}.`);
  const report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as ScriptReport;
  return { ...report, seconds: (performance.now() - startedMs) / 1000, peakMiB: watch.peakMiB };
}

/** For a script: tells the time that it takes from when it is ready, and says so at its end. */
export class ScriptClock {
  readonly #readyMs = performance.now();
  readonly #readyCpu = process.cpuUsage();
  #firstRowSeconds: number | null = null;

  firstRow(): void {
    this.#firstRowSeconds ??= performance.now() / 1000;
  }

  report(): void {
    const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
    const report: ScriptReport = {
      cpuSeconds: seconds(process.cpuUsage()),
      busyCpuSeconds: seconds(process.cpuUsage(this.#readyCpu)),
      busySeconds: (performance.now() - this.#readyMs) / 1000,
      firstRowSeconds: this.#firstRowSeconds,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}
