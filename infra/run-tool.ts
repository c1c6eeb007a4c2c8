import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError } from '../errors/sluice-error.ts';
import { signalGroup } from './stop-process.ts';

export interface ToolOptions {
  readonly log: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Ends the tool, and all that it has started, early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a tool to its end, with its output in a log file.
 * @throws SluiceError SERVICE_FAILED
 */
export async function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<void> {
  options.signal?.throwIfAborted();
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, 'a');
  const child = spawn(file, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.environment },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    // A group of its own, so that what it starts can be ended with it.
    detached: true,
  });
  closeSync(log);
  const end = () => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM');
  };
  options.signal?.addEventListener('abort', end);
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? signal ?? -1));
  });
  options.signal?.removeEventListener('abort', end);
  options.signal?.throwIfAborted();
  if (code === 0) return;
  throw new SluiceError('SERVICE_FAILED', `${file} ${args[0] ?? ''} failed (${code}).`, {
    remedy: `See its log: ${options.log}`,
  });
}
