import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError } from '../errors/sluice-error.ts';

/** Runs a tool to its end, with its output in a log file. */
export async function runTool(
  file: string,
  args: readonly string[],
  options: { readonly log: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<void> {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, 'a');
  const child = spawn(file, args, { stdio: ['ignore', log, log], env: { ...process.env, ...options.environment } });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? signal ?? -1));
  });
  if (code === 0) return;
  throw new SluiceError('SERVICE_FAILED', `${file} ${args[0] ?? ''} failed (${code}).`, {
    remedy: `See its log: ${options.log}`,
  });
}
