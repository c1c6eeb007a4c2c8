/** Something that the stack runs: how to prepare it, start it, and know that it answers. */
export interface Component {
  readonly name: string;
  /** Every port that it listens on, with the variable that moves it. */
  readonly ports: readonly { readonly port: number; readonly variable: string }[];
  /** Fetches and writes what it needs; cheap where that has been done. */
  prepare?(progress: Progress): Promise<void>;
  command(): ComponentCommand;
  /** Whether it answers. `logTail` is what it has written since it was started. */
  isReady(logTail: string): Promise<boolean>;
  readonly startLimitMs: number;
  readonly stopLimitMs: number;
}

export interface ComponentCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** Tells a person what is going on: a line for what begins, and another for how it went. */
export type Progress = (line: string) => void;
