import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { openToken } from '../../dashboard/access/token.ts';
import { metricsUrl } from '../../settings/metrics-settings.ts';
import type { TestStack } from '../test-stack.ts';
import { TopicWriter } from '../topic-writer.ts';
import { waitFor } from '../wait-for.ts';

const TABLE = 'server_health';
/** Rows that were late count for a minute. */
const SETTLED_WITHIN_MS = 120_000;
/** A record that no table takes, and that a careless page would run. */
const HOSTILE = '<img src=x onerror="document.title=\'run\'">';

/** What the pipeline's pages are shown on: the stack's page in a browser, at hand when a test runs. */
export interface ShownPipeline {
  readonly stack: () => TestStack;
  readonly page: () => Page;
  readonly url: () => string;
  /** What the browser has complained of since this was last asked. */
  readonly complaints: () => string[];
}

/** What an operator does with the pipeline's pages, step by step on a running stack with a background worker. */
export function testPipelinePages({ stack, page, url, complaints }: ShownPipeline): void {
  const text = async (selector: string): Promise<string> =>
    (await page().locator(selector).first().innerText()).replaceAll('\u202f', ' ');
  const condition = (state: string): Promise<unknown> =>
    page().locator(`.table-page[data-condition="${state}"]`).waitFor({ timeout: SETTLED_WITHIN_MS });
  const confirm = async (name: string): Promise<string> => {
    await page().locator(`.table-head-block [data-action="${name}"]`).click();
    const dialog = page().locator('.action-dialog[open]');
    await dialog.locator('input[name="by"]').fill('Ann Operator');
    await dialog.locator('button[type="submit"]').click();
    await dialog.getByRole('button', { name: 'Close' }).waitFor();
    const answer = await dialog.locator('.answer').innerText();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
    return answer;
  };

  it('has a line for each table, with its state in a word and links to its workflow', async () => {
    await page().goto(`${url()}/`);
    await page().keyboard.press('p');
    await page().waitForURL(`${url()}/pipeline`);
    await page().locator('.table-line[data-condition="Healthy"]').waitFor({ timeout: SETTLED_WITHIN_MS });
    expect(await text('.headline h1')).toBe('The one table is healthy.');
    expect(await text('.table-line')).toMatch(/server_health.*\s+Healthy Committing\./);
    await page().locator('.running a', { hasText: 'ingest/server_health' }).waitFor();
    expect(await page().locator('.running a.outside').first().getAttribute('href')).toContain('/workflows/ingest%2F');
    await page().locator('.table-name a').first().click();
    await page().waitForURL(`${url()}/pipeline/${TABLE}`);
  });

  it('has the hours as a grid that keys can work, each with what is known of it', async () => {
    const filling = page().locator('.hour-cell[data-state="filling"]').last();
    await filling.waitFor();
    expect(await filling.getAttribute('aria-label')).toMatch(/UTC \(.* here\): filling, [\d.]/);
    const partition = (await filling.getAttribute('data-hour')) ?? '';
    await filling.focus();
    await page().keyboard.press('Enter');
    await page().locator(`.hour-details[data-hour="${partition}"]`).waitFor();
    expect(new URL(page().url()).searchParams.get('hour')).toBe(partition);
    expect(await text('.hour-details')).toMatch(/filling\s+It still fills\.\s+Rows\s+[\d. k]+\s+Certified\s+not yet/i);
    await page().keyboard.press('Escape');
    await page().locator('.hour-details').waitFor({ state: 'detached' });
    await page().goBack();
    await page().locator('.hour-details').waitFor();
    expect(await text('.lag')).toMatch(/Partition\s+Committed to\s+Kafka’s end\s+Waits\s+0\s+\d+\s+\d+/);
  });

  it('lets who has no token look, and says how to get one', async () => {
    await page().locator('.table-head-block [data-action="pause"]').click();
    const dialog = page().locator('.action-dialog[open]');
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(
      /Readers see no new rows until somebody resumes it[\s\S]*sluice dashboard/,
    );
    expect(await dialog.locator('button[type="submit"]').count()).toBe(0);
    await page().keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(page().url()).toContain(`/pipeline/${TABLE}`);
  });

  it('does what is confirmed, nothing that is not, and shows who did it', async () => {
    const { text: token } = await openToken(stack().settings.dashboard);
    // A fragment alone would not load the page anew.
    await page().goto('about:blank');
    await page().goto(`${url()}/pipeline/${TABLE}#token=${token}`);
    await condition('Healthy');
    await page().locator('[data-action="pause"]').first().click();
    await page().locator('.action-dialog[open]').getByRole('button', { name: 'Cancel' }).click();
    await page().locator('.action-record', { hasText: 'Nobody has done anything' }).waitFor();
    expect(await confirm('pause')).toBe('Done: server_health is Paused.');
    await condition('Paused');
    expect(await text('.condition-words')).toContain('Paused by Ann Operator (dashboard).');
    await page()
      .locator('.action-record li', { hasText: /pause by Ann Operator/ })
      .waitFor();
    expect(await confirm('resume')).toBe('Done: server_health is Running.');
    await condition('Healthy');
    await page()
      .locator('.action-record li', { hasText: /resume by Ann Operator .* done/ })
      .waitFor();
  });

  it('audits and compacts in the background, and shows what came of it', async () => {
    expect(await confirm('audit')).toBe('The audit runs as audit/server_health.');
    expect(await confirm('compact')).toBe('The compaction runs as compact/server_health.');
    await page().locator('.panel.audit .audit-word[data-verdict="clean"]').waitFor();
    expect(await text('.panel.audit')).toMatch(/clean full audit[\s\S]*Certificate 1, [\d.]+ s ago/);
    await page().locator('.hour-cell[data-state="filling"]').last().click();
    await page()
      .locator('.hour-details dd', { hasText: /\d rows$/ })
      .first()
      .waitFor();
    await page().keyboard.press('Escape');
  });

  it('shows rejected records by reason, their bytes as text that does nothing', async () => {
    const writer = await TopicWriter.open(stack().settings.kafka.brokers, 'server-health');
    await writer.write(0, [{ key: 'k', value: Buffer.from(HOSTILE), mark: 0, rejectedFor: 'malformed_json' }]);
    await writer.close();
    await page()
      .locator('.inner-link', { hasText: /^1 in 1 min/ })
      .click();
    await page().waitForURL(`${url()}/pipeline/${TABLE}/rejected`);
    const group = page().locator('.rejected-group[data-reason="malformed_json"]');
    await group.waitFor();
    expect(await text('.headline h1')).toBe('1 record rejected, for 1 reason.');
    expect(await group.locator('pre').last().innerText()).toBe(HOSTILE);
    await group.getByRole('button', { name: 'as hex' }).last().click();
    expect(await group.locator('pre').last().innerText()).toMatch(/^3C 69 6D 67 /);
    expect(await page().locator('.rejected-page img').count()).toBe(0);
    expect(await page().title()).not.toBe('run');
    await page().keyboard.press('Escape');
    await page().waitForURL(`${url()}/pipeline/${TABLE}`);
  });

  const asked = (): ReturnType<Page['locator']> => page().locator('.backfill-dialog[open]');
  const backfill = (number: number): ReturnType<Page['locator']> =>
    page().locator(`.backfills [data-backfill="${number}"]`);
  const command = async (number: number, name: string): Promise<string> => {
    await backfill(number).locator(`[data-action="${name}-backfill"]`).click();
    const dialog = page().locator('.action-dialog[open]');
    await dialog.locator('button[type="submit"]').click();
    await dialog.getByRole('button', { name: 'Close' }).waitFor();
    const answer = await dialog.locator('.answer').innerText();
    await page().keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    return answer;
  };
  const inState = (number: number, state: string): Promise<void> =>
    page()
      .locator(`.backfills [data-backfill="${number}"][data-state="${state}"]`)
      .waitFor({ timeout: SETTLED_WITHIN_MS });

  it('shows what a backfill would do, and does nothing until it is approved', async () => {
    await page().locator('.backfills [data-action="backfill"]').press('Enter');
    await asked().locator('input[name="from"]').fill('2h');
    await page().keyboard.press('Enter');
    await asked().locator('.outlook').waitFor();
    expect(await asked().locator('.outlook').innerText()).toMatch(
      /Up to [\d.\sk]+ records of the topic server-health[\s\S]*Kafka partition 0: offsets 0 to \d+[\s\S]*Of server_health, \d+ partitions? may hold them/,
    );
    await asked().getByRole('button', { name: 'Cancel' }).click();
    await asked().waitFor({ state: 'hidden' });
    await page().locator('.backfills', { hasText: 'None yet.' }).waitFor();
    await page().locator('.backfills [data-action="backfill"]').click();
    await asked().locator('input[name="from"]').fill('2h');
    await page().keyboard.press('Enter');
    await asked().locator('.outlook').waitFor();
    await page().keyboard.press('Enter');
    await asked().locator('.answer', { hasText: 'Backfill 1 is kept, and waits for an approval' }).waitFor();
    await page().keyboard.press('Escape');
    await inState(1, 'Proposed');
    expect(await backfill(1).innerText()).toMatch(/Proposed It waits for an approval\.[\s\S]*0 of \d+ units?/);
  });

  it('cancels a backfill once that is confirmed, and records who did', async () => {
    expect(await command(1, 'cancel')).toMatch(/^Done: backfill 1 of server_health is /);
    await inState(1, 'Cancelled');
    expect(await backfill(1).locator('button').count()).toBe(0);
    await page()
      .locator('.action-record li', { hasText: /propose-backfill all 2h\s+by Ann Operator [\s\S]*done/ })
      .waitFor();
    await page()
      .locator('.action-record li', { hasText: /cancel-backfill 1\s+by Ann Operator [\s\S]*done/ })
      .waitFor();
  });

  it('redrives what was rejected: approved, it is watched until each is rejected again', async () => {
    await page().goto(`${url()}/pipeline/${TABLE}/rejected`);
    await page().locator('.remedy [data-action="redrive"]').click();
    await asked().locator('button[type="submit"]').click();
    await asked().locator('.outlook', { hasText: 'Up to 1 record of the topic' }).waitFor();
    await asked().locator('button[type="submit"]').click();
    await asked().locator('.answer', { hasText: 'Backfill 2 is kept' }).waitFor();
    await page().goto(`${url()}/pipeline/${TABLE}`);
    await inState(2, 'Proposed');
    expect(await command(2, 'approve')).toBe('Done: backfill 2 of server_health is Deriving.');
    await inState(2, 'Done');
    expect(await backfill(2).innerText()).toMatch(/1 of 1 unit, up to 1 rejected record: 0 rows, 1 rejected/);
  });

  it('pauses and resumes a backfill, and says where it would read', async () => {
    await page().locator('.backfills [data-action="backfill"]').click();
    await asked().locator('input[name="from"]').fill('2h');
    await asked().locator('select[name="source"]').selectOption('archive');
    await page().keyboard.press('Enter');
    await asked().locator('.answer', { hasText: 'server_health has no archive.' }).waitFor();
    await asked().locator('select[name="source"]').selectOption('files');
    await asked().locator('input[name="path"]').fill('some.ndjson');
    await asked().locator('button[type="submit"]').click();
    await asked().locator('.answer', { hasText: 'This dashboard reads no files' }).waitFor();
    expect(complaints()).toEqual([expect.stringContaining('409'), expect.stringContaining('409')]);
    await asked().locator('select[name="source"]').selectOption('kafka');
    await asked().locator('input[name="dropped"]').check();
    // After each unit it waits for a long time, so that it is there to be paused.
    await asked().locator('input[name="maxRows"]').fill('1');
    await asked().locator('button[type="submit"]').click();
    await asked().locator('.outlook', { hasText: 'from Kafka, which holds all of them' }).waitFor();
    await asked().locator('button[type="submit"]').click();
    await asked().locator('.answer', { hasText: 'Backfill 3 is kept' }).waitFor();
    await page().keyboard.press('Escape');
    await inState(3, 'Proposed');
    expect(await command(3, 'approve')).toBe('Done: backfill 3 of server_health is Deriving.');
    await inState(3, 'Deriving');
    expect(await command(3, 'pause')).toBe('Done: backfill 3 of server_health is Paused.');
    await inState(3, 'Paused');
    expect(await backfill(3).innerText()).toMatch(/Paused by Ann Operator \(dashboard\)/);
    expect(await command(3, 'resume')).toBe('Done: backfill 3 of server_health is Deriving.');
    await inState(3, 'Deriving');
    expect(await command(3, 'cancel')).toMatch(/^Done: backfill 3 of server_health is /);
    await inState(3, 'Cancelled');
    await page()
      .locator('.action-record li', { hasText: /resume-backfill 3\s+by Ann Operator [\s\S]*done/ })
      .waitFor();
  });

  it('has every metric that the alert rules and the Grafana dashboard name', async () => {
    const named = new Set(
      ['alerts.yaml', 'grafana-dashboard.json'].flatMap((file) => {
        const content = readFileSync(new URL(`../../infra/observability/${file}`, import.meta.url), 'utf8');
        return content.match(/\b(sluice|temporal)_[a-z_]+/g) ?? [];
      }),
    );
    expect(named.size).toBeGreaterThan(20);
    const missing = async (): Promise<string[]> => {
      const addresses = (['worker', 'background'] as const).map((name) => metricsUrl(stack().settings.metrics, name));
      const offered = await Promise.all(addresses.map(async (address) => (await fetch(address)).text()));
      return [...named].filter((name) => !offered.some((lines) => new RegExp(`^${name}[{ ]`, 'm').test(lines)));
    };
    // The background worker looks at the lake every half minute.
    const none = await waitFor('all metrics', 60_000, async () =>
      (await missing()).length === 0 ? [] : undefined,
    ).catch(missing);
    expect(none).toEqual([]);
  });
}
