import { spawn } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { codecToken } from '../dashboard/access/codec-token.ts';
import { openToken } from '../dashboard/access/token.ts';
import { dashboardUrl } from '../settings/dashboard-settings.ts';
import { readSettings } from '../settings/settings.ts';

export function registerDashboard(program: Command): void {
  program
    .command('dashboard')
    .description('Print the dashboard’s address with the token that its actions need; keep it to yourself')
    .option('--codec', 'print what the Temporal UI needs to show encrypted payloads: its codec server’s address', false)
    .option('--open', 'open it in a browser instead of printing it', false)
    .option('--json', 'print JSON', false)
    .action(async ({ codec, open, json }: { codec: boolean; open: boolean; json: boolean }) => {
      const { dashboard } = readSettings();
      const url = dashboardUrl(dashboard);
      const token = await openToken(dashboard);
      if (codec) {
        const codecUrl = `${url}/codec/${codecToken(token).text}`;
        console.log(json ? JSON.stringify({ codecUrl }, null, 2) : codecUrl);
        return;
      }
      const { text } = token;
      // A browser sends a fragment nowhere: it is in no log of a server or proxy.
      const urlWithToken = `${url}/#token=${encodeURIComponent(text)}`;
      if (open) await openInBrowser(urlWithToken, join(dirname(dashboard.token.file), 'open-dashboard.html'));
      else console.log(json ? JSON.stringify({ url, urlWithToken }, null, 2) : urlWithToken);
    });
}

/** By a file that only its owner can read: every user of a machine sees what a process is started with. */
async function openInBrowser(url: string, file: string): Promise<void> {
  await writeFile(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${url}">\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  const opener = platform() === 'darwin' ? 'open' : 'xdg-open';
  spawn(opener, [file], { stdio: 'ignore', detached: true })
    .once('error', () => console.error(`There is no ${opener} here: run \`sluice dashboard\` and open what it prints.`))
    .unref();
}
