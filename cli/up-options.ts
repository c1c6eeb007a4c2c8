import type { EngineName } from '../definition/table-definition.ts';
import type { Extra } from '../infra/stack-parts.ts';

/** What the local stack is started with. */
export interface UpOptions {
  readonly foreground: boolean;
  readonly collector: boolean;
  readonly dashboard: boolean;
  readonly simulate: number;
  readonly engine?: EngineName;
  readonly with?: Extra;
}
