import { allNodes, type CommandArgument, type CommandNode, quoted } from './command-tree.ts';

/**
 * Lines that bash and zsh both understand: they set `at` to the command that the words before the present one name, and
 * `position` to how many arguments it has already. `$word` is each of those words in turn.
 */
export function walkCases(tree: CommandNode): string[] {
  const nodes = allNodes(tree);
  const commands = nodes.flatMap(({ path, commands: subs }) =>
    subs.map((sub) => {
      const name = sub.path.at(-1) ?? '';
      return `${quoted(`${path.join(' ')}|${name}`)}) at=${quoted(sub.path.join(' '))}; position=0 ;;`;
    }),
  );
  const valued = valueOptions(tree).map(([pattern]) => `${quoted(pattern)}) skip=1 ;;`);
  return [...commands, ...valued, `*'|-'*) ;;`, '*) position=$((position + 1)) ;;'];
}

/** `command|--option` of every option that takes a value, and what it may be. */
export function valueOptions(tree: CommandNode): (readonly [pattern: string, choices: readonly string[]])[] {
  return allNodes(tree).flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags, choices }) => flags.map((flag) => [`${path.join(' ')}|${flag}`, choices] as const)),
  );
}

/** `command|position` of every argument that is a table. */
export function tableArguments(tree: CommandNode): string[] {
  return argumentsOf(tree, ({ name }) => name === 'table').map(([pattern]) => pattern);
}

/** `command|position` of every argument that is one of a few words, and what it may be. */
export function choiceArguments(tree: CommandNode): (readonly [pattern: string, choices: readonly string[]])[] {
  return argumentsOf(tree, ({ choices }) => choices.length > 0);
}

function argumentsOf(
  tree: CommandNode,
  isWanted: (argument: CommandArgument) => boolean,
): (readonly [pattern: string, choices: readonly string[]])[] {
  return allNodes(tree).flatMap(({ path, arguments: known }) =>
    known.flatMap((argument, position) =>
      isWanted(argument) ? [[`${path.join(' ')}|${position}`, argument.choices] as const] : [],
    ),
  );
}
