import type { StackAddresses } from '../infra/stack-record.ts';

/** Where to look, a line each. */
export function addressLines({ dashboard, temporalUi, lake }: StackAddresses): string {
  const lines = [`  Temporal UI  ${temporalUi}`, `  Lake         ${lake}`];
  return (dashboard === null ? lines : [`  Dashboard    ${dashboard}`, ...lines]).join('\n');
}
