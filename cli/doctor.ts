import { type Command, Option } from 'commander';
import type { Check } from '../infra/check.ts';
import { examine, examineGiven } from '../infra/examination.ts';
import { type Extra, EXTRAS, isComponent, stackParts } from '../infra/stack-parts.ts';
import { StackRecord } from '../infra/stack-record.ts';
import { readSettings } from '../settings/settings.ts';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check that this machine has what Sluice needs, and say how to get what is missing')
    .option('--json', 'print JSON: {ok, up, checks: [{code, what, found, ok, remedy}]}', false)
    .addOption(new Option('--with <part>', 'check for what `sluice up --with` starts too').choices(EXTRAS))
    .action(async ({ json, with: extra }: { json: boolean; with?: Extra }) => {
      const settings = readSettings();
      const up = new StackRecord(settings.home).supervisor() !== undefined;
      const own = ['worker', 'background', 'collector', 'dashboard'] as const;
      const extras = extra === undefined ? [] : [extra];
      const components = stackParts(settings, { own, extras, simulatedServers: 0 }).filter(isComponent);
      // The ports of a stack that is up are taken by itself.
      const checks = [...(await examine(settings, components, { portsTaken: up })), ...(await examineGiven(settings))];
      const ok = checks.every((check) => check.ok);
      if (json) console.log(JSON.stringify({ ok, up, checks }, null, 2));
      else print(checks, up, ok);
      process.exitCode = ok ? 0 : 1;
    });
}

function print(checks: readonly Check[], up: boolean, ok: boolean): void {
  for (const { what, found, ok: fine, remedy } of checks) {
    console.log(`${fine ? 'ok      ' : 'NOT YET '}${what}: ${found ?? 'not found'}`);
    if (!fine) console.log(`        ${remedy}`);
  }
  if (up) console.log('ok      the stack is up');
  console.log(ok ? 'This machine is ready.' : 'This machine is not ready yet.');
}
