import { describe, expect, it } from 'vitest';
import { ChosenEngine } from '../../engines/chosen-engine.ts';
import type { BatchRequest, BatchResult, Engine } from '../../engines/engine.ts';

function asking(engine: 'duckdb' | 'spark'): BatchRequest {
  return { plan: { engine } } as BatchRequest;
}

describe('ChosenEngine', () => {
  it('opens an engine once, when a batch asks for it, and again where that failed', async () => {
    const opened: string[] = [];
    const open = (name: string) => async (): Promise<Engine> => {
      opened.push(name);
      if (name === 'spark' && opened.length === 1) throw new Error('away');
      const write = (): Promise<BatchResult> => Promise.resolve({ rows: opened.length } as BatchResult);
      return Promise.resolve({ write, close: () => Promise.resolve(void opened.push(`${name} closed`)) });
    };
    const engine = new ChosenEngine({ duckdb: open('duckdb'), spark: open('spark') });
    await expect(engine.write(asking('spark'))).rejects.toThrow('away');
    await engine.write(asking('spark'));
    await engine.write(asking('spark'));
    expect(opened).toEqual(['spark', 'spark']);
    await engine.close();
    expect(opened).toEqual(['spark', 'spark', 'spark closed']);
  });
});
