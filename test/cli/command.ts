import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const SLUICE = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

export interface CommandResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs `sluice` as a user would, with these variables beside the test's own. */
export async function sluice(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  whileRunning?: (command: ChildProcess) => Promise<void>,
): Promise<CommandResult> {
  const command = spawn(SLUICE, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    command.once('error', reject);
    command.once('close', resolve);
  });
  const [output, errors] = [text(command.stdout), text(command.stderr)];
  await whileRunning?.(command);
  return { exitCode: await ended, output: await output, errors: await errors };
}
