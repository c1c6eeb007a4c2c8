import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TABLE_STATES } from '../../dashboard/table-condition.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: { readonly summary: string; readonly runbook: string };
    }[];
  }[];
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const rules = (parse(read('infra/observability/alerts.yaml')) as Rules).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('infra/observability/grafana-dashboard.json')) as { panels: readonly Panel[] };

/** Whether each bracket is closed by its own kind, those in texts left aside. */
function isBalanced(expression: string): boolean {
  const open: string[] = [];
  for (const character of expression.replaceAll(/"[^"]*"/g, '')) {
    if ('([{'.includes(character)) open.push(character);
    const opening = { ')': '(', ']': '[', '}': '{' }[character];
    if (opening !== undefined && open.pop() !== opening) return false;
  }
  return open.length === 0;
}

describe('alert rules', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, what it is and where to read on',
    (alert, rule) => {
      expect(isBalanced(rule.expr)).toBe(true);
      expect(['critical', 'warning']).toContain(rule.labels.severity);
      expect(rule.annotations.summary).not.toBe('');
      expect(rule.annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
      expect(read('docs/runbook.md')).toContain(`### ${alert}\n`);
    },
  );

  it('are all that the runbook tells of', () => {
    const told = [...read('docs/runbook.md').matchAll(/^### (Sluice\w+)$/gm)].map(([, alert]) => alert);
    expect(told.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });
});

describe('the runbook', () => {
  it('has an entry for each state of a table', () => {
    const told = [...read('docs/runbook.md').matchAll(/^\| _([\w ]+)_ +\|/gm)].map(([, state]) => state);
    expect(told).toEqual([...TABLE_STATES]);
  });
});

describe('the Grafana dashboard', () => {
  it('has panels that each ask for something', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, targets } of panels) {
      expect(title).not.toBe('');
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) expect(isBalanced(expr), expr).toBe(true);
    }
  });

  it('shows only metrics that are documented', () => {
    const documented = read('docs/observability.md');
    const named = new Set(JSON.stringify(panels).match(/\bsluice_[a-z_]+/g));
    for (const name of named) expect(documented, name).toContain(name.replace(/_bucket$/, ''));
  });
});
