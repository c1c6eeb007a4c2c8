import { Argument, type Command } from 'commander';
import { bashScript } from './completion/bash.ts';
import { type CommandNode, commandTree } from './completion/command-tree.ts';
import { fishScript } from './completion/fish.ts';
import { zshScript } from './completion/zsh.ts';

const SCRIPTS: Readonly<Record<string, (tree: CommandNode) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description(
      'Print a script by which a shell completes commands, options and tables: source <(sluice completion bash)',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .action((shell: string) => {
      process.stdout.write(SCRIPTS[shell]?.(commandTree(program)) ?? '');
    });
}
