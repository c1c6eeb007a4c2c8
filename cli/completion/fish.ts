import { allNodes, type CommandNode } from './command-tree.ts';

export function fishScript(tree: CommandNode): string {
  const lines = allNodes(tree).flatMap((node) => [
    ...node.commands.map((sub) => line(tree, node, ['-a', sub.path.at(-1) ?? '', '-d', sub.description])),
    ...node.options.map(({ flags, description, takesValue, choices }) => {
      const names = flags.flatMap((flag) => (flag.startsWith('--') ? ['-l', flag.slice(2)] : ['-s', flag.slice(1)]));
      const value = takesValue ? ['-x', ...(choices.length > 0 ? ['-a', choices.join(' ')] : [])] : [];
      return line(tree, node, [...names, ...value, '-d', description]);
    }),
    ...(node.arguments.includes('table') ? [line(tree, node, ['-a', '(__sluice_tables)'])] : []),
  ]);
  return `# Completion of sluice in fish: sluice completion fish | source
function __sluice_tables
  set -q SLUICE_TABLES; and set -l folder $SLUICE_TABLES; or set -l folder tables
  for file in $folder/*.yaml
    string replace -r '.*/' '' -- $file | string replace -r '\\.yaml$' ''
  end
end

complete -c sluice -f
${lines.join('\n')}
`;
}

/** One completion, where the words so far name this command and none below it. */
function line(tree: CommandNode, node: CommandNode, parts: readonly string[]): string {
  const seen = node.path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = (node === tree ? tree : node).commands.map((sub) => sub.path.at(-1) ?? '');
  const none = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`];
  const condition = [...seen, ...none].join('; and ');
  return ['complete', '-c', 'sluice', '-n', condition, ...parts].map(fishQuoted).join(' ');
}

function fishQuoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
