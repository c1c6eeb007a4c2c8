import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import bundled from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Without a GPU, Chromium draws by itself, as it does by default; the bundle's arguments have it emulate a GPU at great cost. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu'];

/** A real Chromium: this machine's, else the one that comes as a package. */
export async function launchBrowser(): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const own = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file));
  if (own !== undefined) return chromium.launch({ executablePath: own, args: ARGUMENTS });
  return chromium.launch({ executablePath: await bundled.executablePath(), args: ARGUMENTS });
}
