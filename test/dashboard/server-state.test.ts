import { describe, expect, it } from 'vitest';
import {
  HYSTERESIS_SHARE,
  isSilent,
  judgeFigures,
  type JudgedFigures,
  severityOf,
  SILENT_AFTER_MS,
  smooth,
  SMOOTHING_MS,
  STATES,
  strainOf,
  THRESHOLDS,
} from '../../dashboard/server-state.ts';

const QUIET: JudgedFigures = {
  cpuPct: 20,
  memoryPct: 50,
  diskPct: 40,
  diskMount: '/',
  loadPerCore: 0.5,
  iowaitPct: 1,
  swapPct: 0,
  memoryPressurePct: 0,
};

const figures = (changed: Partial<JudgedFigures>): JudgedFigures => ({ ...QUIET, ...changed });

describe('judgeFigures', () => {
  it('finds nothing wrong with a quiet server, nor with one that says nothing', () => {
    expect(judgeFigures(QUIET)).toEqual({ state: 'ok', reasons: [], levels: {} });
    const nothing = Object.fromEntries(Object.keys(QUIET).map((name) => [name, null])) as unknown as JudgedFigures;
    expect(judgeFigures(nothing).state).toBe('ok');
  });

  it.each(Object.entries(THRESHOLDS))('judges %s from its thresholds on', (name, { warn, critical }) => {
    expect(judgeFigures(figures({ [name]: warn - 0.01 })).state).toBe('ok');
    expect(judgeFigures(figures({ [name]: warn })).state).toBe('warn');
    expect(judgeFigures(figures({ [name]: critical - 0.01 })).state).toBe('warn');
    expect(judgeFigures(figures({ [name]: critical })).state).toBe('critical');
  });

  it('gives its reasons worst first, in words', () => {
    const { state, reasons } = judgeFigures(figures({ cpuPct: 92.9, memoryPct: 97.4, diskPct: 86, diskMount: '/var' }));
    expect(state).toBe('critical');
    expect(reasons).toEqual(['memory 97 %', 'CPU 92 %', 'disk /var 86 %']);
    expect(judgeFigures(figures({ diskPct: 86, diskMount: null })).reasons).toEqual(['disk 86 %']);
    expect(judgeFigures(figures({ loadPerCore: 2.345 })).reasons).toEqual(['load 2.3 a core']);
  });

  it('holds a state until its figure is clearly below the threshold', () => {
    const before = judgeFigures(figures({ memoryPct: 95 }));
    const edge = 95 * (1 - HYSTERESIS_SHARE);
    expect(judgeFigures(figures({ memoryPct: edge + 0.01 }), before.levels).state).toBe('critical');
    const after = judgeFigures(figures({ memoryPct: edge - 0.01 }), before.levels);
    expect(after.state).toBe('warn');
    expect(judgeFigures(figures({ memoryPct: 90 * (1 - HYSTERESIS_SHARE) + 0.01 }), after.levels).state).toBe('warn');
    expect(judgeFigures(figures({ memoryPct: 90 * (1 - HYSTERESIS_SHARE) - 0.01 }), after.levels).state).toBe('ok');
  });

  it('lets a figure hold its own state only, not that of another', () => {
    const before = judgeFigures(figures({ memoryPct: 97 }));
    const cpuNearCritical = figures({ memoryPct: 60, cpuPct: 96 });
    expect(judgeFigures(cpuNearCritical, before.levels)).toMatchObject({ state: 'warn', reasons: ['CPU 96 %'] });
    expect(judgeFigures(figures({ memoryPct: 97, diskPct: 84 }), before.levels).reasons).toEqual(['memory 97 %']);
  });
});

describe('isSilent', () => {
  it('counts from what is known to have arrived, not from the clock', () => {
    expect(isSilent(1_000_000, 1_000_000 + SILENT_AFTER_MS)).toBe(false);
    expect(isSilent(1_000_000, 1_000_000 + SILENT_AFTER_MS + 1)).toBe(true);
    expect(isSilent(1_000_000, 999_000)).toBe(false);
  });
});

describe('smooth', () => {
  it('follows a jump within about its time, and not at once', () => {
    let mean: number | null = 0;
    mean = smooth(mean, 100, 1000);
    expect(mean).toBeCloseTo(9.5, 1);
    for (let second = 1; second < SMOOTHING_MS / 1000; second += 1) mean = smooth(mean, 100, 1000);
    expect(mean).toBeCloseTo(63.2, 1);
  });

  it('starts anew after a gap, and says nothing where nothing was said', () => {
    expect(smooth(10, 90, 6 * SMOOTHING_MS + 1)).toBe(90);
    expect(smooth(null, 90, 1000)).toBe(90);
    expect(smooth(10, null, 1000)).toBeNull();
  });

  it('ignores a second row of the same time', () => {
    expect(smooth(10, 90, 0)).toBe(10);
  });
});

describe('strainOf', () => {
  it('is 1 where the worst figure becomes critical', () => {
    expect(strainOf(figures({ cpuPct: THRESHOLDS.cpuPct.critical }))).toBe(1);
    expect(strainOf(figures({ loadPerCore: 8 }))).toBe(2);
  });
});

it('puts silence between a warning and what is known to be critical', () => {
  const worstFirst = [...STATES].sort((a, b) => severityOf(b) - severityOf(a));
  expect(worstFirst).toEqual(['critical', 'silent', 'warn', 'ok']);
});
