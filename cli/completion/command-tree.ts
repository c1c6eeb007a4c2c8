import type { Command } from 'commander';

/** A command as a shell needs it. */
export interface CommandNode {
  /** Words from after `sluice` on; empty for `sluice` itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly CommandOption[];
  /** In their order. */
  readonly arguments: readonly CommandArgument[];
  readonly commands: readonly CommandNode[];
}

export interface CommandArgument {
  /** One named `table` takes a table. */
  readonly name: string;
  /** All that it may be; empty where it is anything. */
  readonly choices: readonly string[];
}

export interface CommandOption {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** All that its value may be; empty where it is anything. */
  readonly choices: readonly string[];
}

/** What is completed, taken from the commands themselves, so that nothing has to be kept in step with them. */
export function commandTree(command: Command, path: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      description: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      choices: argument.argChoices ?? [],
    })),
    commands: help
      .visibleCommands(command)
      .filter((sub) => sub.name() !== 'help')
      .map((sub) => commandTree(sub, [...path, sub.name()])),
  };
}

/** The command and all below it. */
export function allNodes(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(allNodes)];
}

/** Text for a shell to take as it is. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
