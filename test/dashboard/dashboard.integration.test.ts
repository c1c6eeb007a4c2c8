import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openToken } from '../../dashboard/access/token.ts';
import type { ActionsReport } from '../../dashboard/api/wire.ts';
import { startDashboard } from '../../dashboard/start-dashboard.ts';
import { connectTemporal } from '../../temporal/client.ts';
import { ingestWorkflowId, statusQuery } from '../../workflows/ingest-protocol.ts';
import { testCertificate } from '../test-certificate.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { launchBrowser } from './browser.ts';
import { testPipelinePages } from './pipeline-pages.ts';

const SIMULATED = 24;
const SERVERS = SIMULATED + 1;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Bounds on waiting, not wishes: the whole stack shares this machine. */
const STATE_LIMIT_MS = 60_000;
/** What the page promises. */
const LOSS_SAID_WITHIN_MS = 3_000;

/** What must be readable, by page; the servers last, where the next test begins. */
const READ: Readonly<Record<string, readonly string[]>> = {
  '/pipeline/server_health': ['.condition-word', '.facts', '.grid-day', '.action', '.hour-rows'],
  '/pipeline/server_health/rejected': ['.headline p', '.detail', '.quiet-text', 'pre'],
  '/': ['.headline h1', '.strip dt', '.table-head button', '.cell.host a', '.cell.seen'],
};

let stack: TestStack;
let browser: Browser;
let page: Page;
let url: string;
const problems: string[] = [];

async function open(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const opened = await context.newPage();
  opened.setDefaultTimeout(STATE_LIMIT_MS);
  opened.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  opened.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  return opened;
}

const rows = (): ReturnType<Page['locator']> => page.locator('.table-body .row[data-host]');
const textOf = async (selector: string): Promise<string> =>
  (await page.locator(selector).first().innerText()).replaceAll('\u202f', ' ');

/** Waits until the page's own state is as wanted; `look` runs in the page. */
async function until<T>(look: (argument: T) => boolean, argument: T, limitMs = STATE_LIMIT_MS): Promise<void> {
  await page.waitForFunction(look as (argument: unknown) => boolean, argument, { timeout: limitMs, polling: 50 });
}

const connection = (state: string, limitMs?: number): Promise<void> =>
  until((wanted) => document.documentElement.dataset['stream'] === wanted, state, limitMs);

async function figuresMove(): Promise<void> {
  const figures = (): string =>
    [...document.querySelectorAll('.table-body .cell.cpu')].map((cell) => cell.textContent).join();
  const before = await page.evaluate(figures);
  await until(
    (seen) => [...document.querySelectorAll('.table-body .cell.cpu')].map((cell) => cell.textContent).join() !== seen,
    before,
  );
}

beforeAll(async () => {
  stack = await startTestStack({
    own: ['worker', 'background', 'collector', 'dashboard'],
    simulatedServers: SIMULATED,
  });
  url = `http://127.0.0.1:${stack.settings.dashboard.port}`;
  browser = await launchBrowser();
  page = await open({ viewport: DESKTOP, colorScheme: 'dark' });
  await page.goto(url);
});

afterAll(async () => {
  await browser.close();
  await stack.stop();
});

describe('the page, in a real browser on the real stack', () => {
  it('shows every server, and all of them in a sentence', async () => {
    await until((count) => document.querySelectorAll('.tile').length === count, SERVERS);
    await page.locator(`.tile[data-tile="${hostname()}"]`).waitFor();
    await rows().first().waitFor();
    expect(await textOf('.headline h1')).toMatch(/\d+ (fine|servers are fine|critical|silent|warnings?).* old\./);
  });

  it('moves as rows are committed, and says how old the newest is', async () => {
    await connection('open');
    await figuresMove();
    await figuresMove();
    expect(await textOf('.trust')).toMatch(/Connected\s+newest row\s+[\d.]+ s old/);
  });

  it('has the pipeline in a strip', async () => {
    await until(() => /Hive v\d+/.test(document.querySelector('.strip')?.textContent ?? ''), undefined);
    const strip = await textOf('.strip');
    expect(strip).toMatch(/server_health/);
    expect(strip).toMatch(/Event to commit\s+[\d.]+ (ms|s|min)\s+p99\s+[\d.]+ (ms|s|min)/i);
    expect(strip).toMatch(/[\d.]+ rows\/s/);
    expect(strip).toMatch(/\d+ · \d+ · \d+\s+records, by 3 partitions/);
    expect(strip).toMatch(/0 in 1 min\s+0 in all/);
    expect(strip).toMatch(/[\d.]+ s ago\s+log v\d+, Hive v\d+/);
    expect(await page.locator('.strip a.outside').getAttribute('href')).toContain('/workflows/ingest%2Fserver_health');
  });

  it('is worked by keyboard alone', async () => {
    // By name, so that the order is the same however the servers do.
    await page.goto(`${url}/?sort=host`);
    await rows().first().waitFor();
    const host = (await rows().last().getAttribute('data-host')) ?? '';
    await page.keyboard.press('/');
    await page.locator('#search:focus').waitFor();
    await page.keyboard.type(host);
    await until((wanted) => location.search === `?sort=host&q=${wanted}`, host);
    await until((wanted) => document.querySelector('.table-body .row')?.getAttribute('data-host') === wanted, host);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.locator(`.row[data-selected][data-host="${host}"]`).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/servers/${host}`);
    await page.keyboard.press('Escape');
    await page.waitForURL(`${url}/?sort=host&q=${host}`);
    await page.keyboard.press('/');
    await page.locator('#search:focus').waitFor();
    await page.keyboard.press('Backspace');
    await until(
      () => location.search === '?sort=host' && document.querySelectorAll('.table-body .row').length > 2,
      undefined,
    );
    await page.keyboard.press('ArrowDown');
    await page.locator('.row[data-selected]').waitFor();
    const first = await page.locator('.row[data-selected]').getAttribute('data-host');
    await page.keyboard.press('ArrowUp');
    await until(
      (before) => document.querySelector<HTMLElement>('.row[data-selected]')?.dataset['host'] !== before,
      first,
    );
    await page.keyboard.press('j');
    await page.locator(`.row[data-selected][data-host="${first ?? ''}"]`).waitFor();
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  });

  it('opens a server with its charts, and each window at an address of its own', async () => {
    const host = hostname();
    await page.goto(`${url}/servers/${host}`);
    await until((count) => document.querySelectorAll('.chart canvas').length >= count, 7);
    expect(await textOf('.server-head h1')).toContain(host);
    expect(await textOf('[data-chart="memory"] dd')).toMatch(/^[\d.]+ %$/);
    const inked = await page.locator('[data-chart="memory"] canvas').evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.some((value) => value !== 0);
    });
    expect(inked).toBe(true);
    await page.keyboard.press('2');
    await page.waitForURL(`${url}/servers/${host}?window=6h`);
    await page.locator('.windows a[aria-current]', { hasText: '6 h' }).waitFor();
    await page.goBack();
    await page.waitForURL(`${url}/servers/${host}`);
    await page.locator('.back').click();
    await page.waitForURL(`${url}/`);
  });

  it('says in words that it does not know a server', async () => {
    await page.goto(`${url}/servers/nobody`);
    await until(() => /No row of this server/.test(document.querySelector('.empty')?.textContent ?? ''), undefined);
    await page.goto(url);
    await rows().first().waitFor();
  });

  testPipelinePages({ stack: () => stack, page: () => page, url: () => url, complaints: () => problems.splice(0) });

  it.each(['dark', 'light'] as const)('can be read in the %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await until(
      (dark) => /^rgb\(\d{1,2},/.test(getComputedStyle(document.documentElement).backgroundColor) === dark,
      colorScheme === 'dark',
    );
    for (const [path, selectors] of Object.entries(READ)) {
      await page.goto(url + path);
      await page
        .locator(selectors.at(-1) ?? '')
        .first()
        .waitFor();
      const [background, ...inks] = await page.evaluate((wanted) => {
        const styles = wanted.map((selector) => {
          const element = document.querySelector(selector);
          return element === null ? '' : getComputedStyle(element).color;
        });
        return [getComputedStyle(document.documentElement).backgroundColor, ...styles];
      }, selectors);
      for (const ink of inks) expect(contrast(ink, background)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('fits a phone, with nothing to scroll sideways', async () => {
    const desktop = page;
    page = await open({ viewport: PHONE, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: 'light' });
    try {
      for (const [path, shown] of [
        ['/', '.row[data-host]'],
        [`/servers/${hostname()}`, '.chart canvas'],
        ['/pipeline', '.table-line'],
        ['/pipeline/server_health', '.hour-cell[data-hour]'],
        ['/pipeline/server_health/rejected', '.rejected-group'],
      ] as const) {
        await page.goto(url + path);
        await page.locator(shown).first().waitFor();
        const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
        expect(width).toBe(PHONE.width);
        expect(content).toBe(PHONE.width);
      }
    } finally {
      await page.context().close();
      page = desktop;
    }
  });

  it('turns the servers of a stopped collector silent, and says so', async () => {
    const collector = stack.stack.component('collector');
    collector.kill('SIGSTOP');
    try {
      await until(
        (words) => document.querySelector('.headline h1')?.textContent.startsWith(words) === true,
        `All ${SERVERS} servers are silent.`,
      );
      expect(await page.title()).toContain(`${SERVERS} silent`);
      await until(
        () => /Nothing has been sent for/.test(document.querySelector('.data-words')?.textContent ?? ''),
        undefined,
      );
      expect(await rows().evaluateAll((all) => all.every((row) => row.getAttribute('data-state') === 'silent'))).toBe(
        true,
      );
      expect(await rows().first().innerText()).toContain('silent for');
    } finally {
      collector.kill('SIGCONT');
    }
    await until(() => !/silent/.test(document.querySelector('.headline h1')?.textContent ?? 'silent'), undefined);
    await figuresMove();
  });

  it('acts for who has its token alone, and writes down who did what', async () => {
    const { text: token } = await openToken(stack.settings.dashboard);
    const act = (action: string): Promise<number> =>
      page.evaluate(async (name) => {
        const response = await fetch(`/api/v1/actions/${name}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${sessionStorage.getItem('sluice-token') ?? ''}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ table: 'server_health', by: 'Ann' }),
        });
        return response.status;
      }, action);
    await page.goto(`${url}/?sort=host#token=${token}`);
    await rows().first().waitFor();
    expect(page.url()).toBe(`${url}/?sort=host`);
    const asked = async (action: string): Promise<string> => {
      expect(await act(action)).toBe(200);
      const answer = await fetch(`${url}/api/v1/actions`, { headers: { authorization: `Bearer ${token}` } });
      const { actions } = (await answer.json()) as ActionsReport;
      expect(actions[0]).toMatchObject({ action, table: 'server_health', by: 'Ann', end: { outcome: 'done' } });
      const client = await connectTemporal(stack.settings);
      const status = await client.workflow.getHandle(ingestWorkflowId('server_health')).query(statusQuery);
      await client.connection.close();
      return status.reason;
    };
    expect(await asked('pause')).toContain('Paused by Ann (dashboard).');
    expect(await act('pause')).toBe(409);
    expect(await asked('resume')).toContain('by Ann (dashboard).');
    const log = readFileSync(join(stack.settings.home, 'logs', 'dashboard.log'), 'utf8');
    expect(log).not.toContain(token);
    await figuresMove();
    expect(problems.splice(0)).toEqual([expect.stringContaining('409')]);
  });

  it('shows itself beyond loopback over TLS, to who has its token', async () => {
    const folder = join(stack.settings.home, 'secrets');
    const [tokenFile, certFile, keyFile] = ['given', 'cert.pem', 'key.pem'].map((name) => join(folder, name));
    const token = 'given-by-an-operator-0123456789abcdef';
    writeFileSync(tokenFile ?? '', token);
    const { cert, key } = testCertificate();
    writeFileSync(certFile ?? '', cert);
    writeFileSync(keyFile ?? '', key);
    const beyond = { ...stack.settings.dashboard, host: '0.0.0.0', port: 0 };
    const given = { ...beyond, token: { file: tokenFile ?? '', given: true }, tls: { certFile, keyFile } };
    const dashboard = await startDashboard({ ...stack.settings, dashboard: given });
    const there = `https://127.0.0.1:${new URL(dashboard.url).port}`;
    const before = page;
    page = await open({ viewport: DESKTOP, ignoreHTTPSErrors: true });
    try {
      await page.goto(there);
      await page.locator('.first-words', { hasText: 'sluice dashboard' }).waitFor();
      for (const path of ['/api/v1/servers', '/api/v1/pipeline', '/api/v1/events', '/api/v1/servers/x/series']) {
        expect((await page.request.get(there + path)).status()).toBe(401);
      }
      expect(await (await page.request.get(`${there}/healthz`)).json()).toEqual({ status: 'ok' });
      await page.goto(`${there}/servers/${hostname()}#token=${token}`);
      await page.reload();
      await page.locator('.chart canvas').first().waitFor();
      await page.goto(`${there}/`);
      await figuresMove();
      expect(page.url()).toBe(`${there}/`);
    } finally {
      await page.context().close();
      page = before;
      await dashboard.stop();
    }
    // Each try without the token is one that the browser itself complains of.
    expect(problems.splice(0).filter((problem) => !problem.includes('401'))).toEqual([]);
  });

  it('has had nothing to complain about in the console', () => {
    expect(problems).toEqual([]);
  });

  it('says within 3 s that the stream is lost, and goes on by itself', async () => {
    const dashboard = stack.stack.component('dashboard');
    await connection('open');
    dashboard.kill('SIGSTOP');
    try {
      await connection('lost', LOSS_SAID_WITHIN_MS);
      expect(await textOf('.trust')).toMatch(/Connection lost at \d\d:\d\d:\d\d/);
      expect(await page.title()).toContain('connection lost');
    } finally {
      dashboard.kill('SIGCONT');
    }
    await connection('open');
    await figuresMove();
    expect(problems).toEqual([]);
  });

  it('finds a dashboard that was started anew', async () => {
    stack.stack.component('dashboard').kill('SIGKILL');
    await connection('lost', LOSS_SAID_WITHIN_MS);
    await connection('open');
    await until((count) => document.querySelectorAll('.tile').length === count, SERVERS);
    await figuresMove();
    // A browser itself complains of a connection that is refused; the page has nothing to add.
    expect(problems.filter((problem) => !problem.includes('net::ERR_'))).toEqual([]);
  });
});

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}
