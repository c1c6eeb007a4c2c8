/** Something that the stack runs: how to prepare it, start it, and know that it answers. */
export interface Component {
  readonly name: string;
  /** What must be ready before it is started, by name, where it is part of the stack; it is stopped before that. */
  readonly needs: readonly string[];
  /** What it can do without for a while: not waited for at its start, but stopped after it. */
  readonly uses?: readonly string[];
  /** Every port that it listens on, with the variable that moves it. */
  readonly ports: readonly ComponentPort[];
  /** Fetches and writes what it needs; cheap where that has been done. */
  prepare?(progress: Progress, signal?: AbortSignal): Promise<void>;
  command(): ComponentCommand;
  /** Whether it answers. `logTail` is what it has written since it was started. */
  isReady(logTail: string): Promise<boolean>;
  /** After it has ended because it was asked to. */
  stopped?(): Promise<void>;
  readonly startLimitMs: number;
  readonly stopLimitMs: number;
}

export interface ComponentPort {
  readonly port: number;
  readonly variable: string;
}

export interface ComponentCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** A step of the start that is done once and leaves no process behind. */
export interface Task {
  readonly name: string;
  readonly needs: readonly string[];
  run(): Promise<void>;
}

/** Something that takes time, for a view that shows what is going on. */
export interface Activity {
  readonly name: string;
  readonly what: string;
  readonly state: 'going' | 'over';
}

/** Tells a person what is going on: a line for what begins, and another for how it went. */
export type Progress = (line: string, activity?: Activity) => void;

/** Reports how long `doing` took; where it fails, the error says enough. */
export async function reported<T>(
  progress: Progress,
  name: string,
  texts: { readonly what: string; readonly log: string; readonly done: string },
  doing: () => Promise<T>,
): Promise<T> {
  const { what, log, done } = texts;
  const startedMs = performance.now();
  progress(`${name}: ${what} (log: ${log})`, { name, what, state: 'going' });
  const result = await doing();
  progress(`${name}: ${done} after ${seconds(startedMs)}`, { name, what, state: 'over' });
  return result;
}

export function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
