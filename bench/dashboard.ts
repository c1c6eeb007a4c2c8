/**
 * What the dashboard costs with many servers, against the limits that it is built for:
 *   node bench/dashboard.ts [--servers 5000] [--seconds 30] [--past-minutes 2]
 * A process writes a commit a second to a table on disk; the dashboard follows it as a process of its own; a real browser
 * and plain viewers watch. Shares are CPU time, so that other work on the machine does not count.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { freePorts } from '../infra/ports.ts';
import { launchBrowser } from '../test/dashboard/browser.ts';
import { waitFor } from '../test/wait-for.ts';
import { cpuSeconds, family, residentMiB } from './measure/processes.ts';
import { machineInWords, thisMachine } from './measure/report.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const VIEWERS = 50;
/** Until the past is read and the code is compiled: a limit is on what goes on for months. */
const WARM_UP_MS = 15_000;
const LIMITS = { browserPct: 15, apiPct: 5, paintMs: 1000 };

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '30' },
    'past-minutes': { type: 'string', default: '2' },
  },
});
const seconds = Number(values.seconds);
const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const lake = join(home, 'lake');
mkdirSync(lake);
const port = (await freePorts()).dashboard;
const url = `http://127.0.0.1:${port}`;
const started: ChildProcess[] = [];

function start(script: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): number {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(PROJECT, script), ...args], {
    cwd: PROJECT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(child);
  return child.pid ?? 0;
}

function say(what: string, figure: string, limit = ''): void {
  process.stdout.write(`${what.padEnd(58)}${figure.padStart(12)}  ${limit}\n`);
}

/** Share of one core that some processes use over a while. */
async function share(pid: number, without: readonly number[] = []): Promise<string> {
  const now = (): number => cpuSeconds(family(pid).filter((found) => !without.includes(found.pid)));
  const [before, startedMs] = [now(), performance.now()];
  await sleep(seconds * 1000);
  return `${((100 * (now() - before) * 1000) / (performance.now() - startedMs)).toFixed(1)} %`;
}

/** A viewer that reads everything, and throws it away. */
function watch(): ClientRequest {
  return get(`${url}/api/v1/events`, (response) => response.resume()).on('error', () => undefined);
}

async function shownServers(): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/servers`);
    const { servers, data } = (await response.json()) as { servers: unknown[]; data: { state: string } };
    return data.state === 'live' && servers.length >= Number(values.servers) ? servers.length : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds from navigation to a picture with servers in it. */
async function firstPicture(browser: Awaited<ReturnType<typeof launchBrowser>>): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('.table-body .row[data-host]') === null) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => performance.mark('servers')));
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(url);
  await page.waitForFunction(() => performance.getEntriesByName('servers').length > 0);
  const ms = await page.evaluate(() => performance.getEntriesByName('servers')[0]?.startTime ?? Number.NaN);
  await page.close();
  return ms;
}

async function measure(): Promise<void> {
  process.stdout.write(`${machineInWords(thisMachine())}\n`);
  process.stdout.write(
    `${values.servers} servers at 1 Hz; each share is CPU time over ${seconds} s, of one core, after ${WARM_UP_MS / 1000} s\n\n`,
  );
  const writer = start('test/dashboard/live-writer.ts', [lake, values.servers, values['past-minutes']]);
  await sleep(1000);
  const api = start('dashboard/main.ts', [], {
    SLUICE_HOME: home,
    SLUICE_LAKE: pathToFileURL(lake).href,
    SLUICE_PORT_DASHBOARD: String(port),
    KAFKA_BROKERS: '127.0.0.1:1',
  });
  await waitFor('every server to be shown', 600_000, shownServers);
  await sleep(WARM_UP_MS);

  say('API without viewers', await share(api), `limit ${LIMITS.apiPct} %`);
  const viewers = [watch()];
  say('API with one viewer', await share(api), `limit ${LIMITS.apiPct} %`);
  while (viewers.length < VIEWERS) viewers.push(watch());
  say(`API with ${VIEWERS} viewers`, await share(api), 'limit: about what one costs');
  for (const viewer of viewers) viewer.destroy();

  const browser = await launchBrowser();
  const pictures = [];
  for (let visit = 0; visit < 5; visit += 1) pictures.push(await firstPicture(browser));
  const median = pictures.sort((a, b) => a - b)[2] ?? Number.NaN;
  say('first picture with servers, median of 5', `${Math.round(median)} ms`, `limit ${LIMITS.paintMs} ms`);
  for (const [name, path] of [
    ['browser, all servers', '/'],
    ['browser, one server', '/servers/web-0014'],
  ] as const) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
    await page.goto(url + path);
    await sleep(5000);
    const others = [process.pid, ...family(writer), ...family(api)].map((one) =>
      typeof one === 'number' ? one : one.pid,
    );
    say(name, await share(process.pid, others), path === '/' ? `limit ${LIMITS.browserPct} %` : '');
    await page.close();
  }
  say('API memory', `${Math.round(residentMiB(api))} MiB`);
  await browser.close();
}

try {
  await measure();
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
