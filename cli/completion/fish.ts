import { allNodes, type CommandNode } from './command-tree.ts';

export function fishScript(tree: CommandNode): string {
  return `# Completion of sluice in fish: sluice completion fish | source
function __sluice_tables
  set -q SLUICE_TABLES; and set -l folder $SLUICE_TABLES; or set -l folder tables
  for file in $folder/*.yaml
    string replace -r '.*/' '' -- $file | string replace -r '\\.yaml$' ''
  end
end

# Sets __sluice_command to the command that the words before the present one name, and __sluice_position to how many arguments it has.
function __sluice_walk
  set -g __sluice_command ''
  set -g __sluice_position 0
  set -l skip 0
  set -l words (commandline -opc)
  set -e words[1]
  for word in $words
    if test $skip = 1
      set skip 0
      continue
    end
    switch "$__sluice_command|$word"
${walkCases(tree)
  .map((line) => `      ${line}`)
  .join('\n')}
    end
  end
end

# Whether the words so far name this command and, where that is given, have that many arguments.
function __sluice_at
  set -l line (commandline -opc | string collect)
  if not set -q __sluice_line; or test "$line" != "$__sluice_line"
    set -g __sluice_line $line
    __sluice_walk
  end
  test "$__sluice_command" = "$argv[1]"; and test (count $argv) = 1 -o "$__sluice_position" = "$argv[2]"
end

complete -c sluice -f
${allNodes(tree).flatMap(completions).join('\n')}
`;
}

function walkCases(tree: CommandNode): string[] {
  const nodes = allNodes(tree);
  const named = ({ path }: CommandNode, word: string): string => fishQuoted(`${path.join(' ')}|${word}`);
  const commands = nodes.flatMap((node) =>
    node.commands.map(
      ({ path }) =>
        `case ${named(node, path.at(-1) ?? '')}; set __sluice_command ${fishQuoted(path.join(' '))}; set __sluice_position 0`,
    ),
  );
  const valued = nodes.flatMap((node) =>
    node.options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags }) => flags.map((flag) => `case ${named(node, flag)}; set skip 1`)),
  );
  return [...commands, ...valued, "case '*|-*'", "case '*'; set __sluice_position (math $__sluice_position + 1)"];
}

/** What may follow one command. */
function completions(node: CommandNode): string[] {
  return [
    ...node.commands.map((sub) => line(node, 0, ['-a', sub.path.at(-1) ?? '', '-d', sub.description])),
    ...node.options.map(({ flags, description, takesValue, choices }) => {
      const names = flags.flatMap((flag) => (flag.startsWith('--') ? ['-l', flag.slice(2)] : ['-s', flag.slice(1)]));
      const value = takesValue ? ['-x', ...(choices.length > 0 ? ['-a', choices.join(' ')] : [])] : [];
      return line(node, undefined, [...names, ...value, '-d', description]);
    }),
    ...node.arguments.flatMap(({ name, choices }, position) => {
      if (name === 'table') return [line(node, position, ['-a', '(__sluice_tables)'])];
      return choices.length === 0 ? [] : [line(node, position, ['-a', choices.join(' ')])];
    }),
  ];
}

/** One completion, where the words so far name this command, with so many arguments. */
function line({ path }: CommandNode, position: number | undefined, parts: readonly string[]): string {
  const at = `__sluice_at ${fishQuoted(path.join(' '))}${position === undefined ? '' : ` ${position}`}`;
  return ['complete', '-c', 'sluice', '-n', at, ...parts].map(fishQuoted).join(' ');
}

function fishQuoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
