import { expect, it } from 'vitest';
import { requireAll } from '../../infra/check.ts';
import { goCheck, javaCheck } from '../../infra/toolchain.ts';

it.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', true],
  ['openjdk version "21" 2023-09-19', true],
  ['java version "1.8.0_402"', false],
  ['openjdk version "11.0.22" 2024-01-16', false],
  [undefined, false],
])('takes a Java of 17 or newer: %s', (said, ok) => {
  expect(javaCheck('Kafka', said).ok).toBe(ok);
});

it.each([
  ['go version go1.26.8 linux/amd64', true],
  ['go version go1.21 linux/amd64', true],
  ['go version go1.19.8 linux/amd64', false],
  [undefined, false],
])('takes a Go that can build Temporal: %s', (said, ok) => {
  expect(goCheck(said).ok).toBe(ok);
});

it('names all that is missing at once, each with what to do', () => {
  const fine = { code: 'TOOL_MISSING' as const, what: 'Maven', found: '3.8', ok: true, remedy: 'Install Maven.' };
  const checks = [
    fine,
    { ...fine, what: 'Java', found: null, ok: false, remedy: 'Install Java.' },
    {
      ...fine,
      code: 'PORT_BUSY' as const,
      what: 'port 7233 for temporal',
      found: 'something else listens there',
      ok: false,
    },
  ];
  expect(() => requireAll([fine])).not.toThrow();
  expect(() => requireAll(checks)).toThrow(
    'Before Sluice can start:\n' +
      '- Java: not found. Install Java.\n' +
      '- port 7233 for temporal: something else listens there. Install Maven.',
  );
});
