import { allNodes, type CommandNode, quoted } from './command-tree.ts';
import { choiceArguments, tableArguments, valueOptions, walkCases } from './posix-walk.ts';

export function bashScript(tree: CommandNode): string {
  const words = allNodes(tree).map(({ path, commands, options }) => {
    const names = commands.map((sub) => sub.path.at(-1) ?? '').join(' ');
    const flags = options.flatMap((option) => option.flags).join(' ');
    return `${quoted(path.join(' '))}) commands=${quoted(names)}; options=${quoted(flags)} ;;`;
  });
  const values = valueOptions(tree).map(
    ([pattern, choices]) => `${quoted(pattern)}) _sluice_reply ${quoted(choices.join(' '))}; return ;;`,
  );
  const tables = tableArguments(tree).map((pattern) => `${quoted(pattern)}) commands+=" $(_sluice_tables)" ;;`);
  const few = choiceArguments(tree).map(
    ([pattern, choices]) => `${quoted(pattern)}) commands+=${quoted(` ${choices.join(' ')}`)} ;;`,
  );
  return `# Completion of sluice in bash: source <(sluice completion bash)
_sluice_tables() {
  local file
  for file in "\${SLUICE_TABLES:-tables}"/*.yaml; do
    file=\${file##*/}
    [[ $file == '*.yaml' ]] || printf '%s\\n' "\${file%.yaml}"
  done
}

_sluice_reply() {
  COMPREPLY=()
  local candidate
  for candidate in $1; do
    [[ $candidate != "$present"* ]] || COMPREPLY+=("$candidate")
  done
}

_sluice() {
  local present=\${COMP_WORDS[COMP_CWORD]} at='' word='' commands='' options='' position=0 skip=0 index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if ((skip)); then skip=0; continue; fi
    case "$at|$word" in
${indented(walkCases(tree), 6)}
    esac
  done
  ((!skip)) || case "$at|$word" in
${indented([...values, '*) return ;;'], 4)}
  esac
  case "$at" in
${indented(words, 4)}
  esac
  ((position == 0)) || commands=''
  case "$at|$position" in
${indented([...tables, ...few, '*) ;;'], 4)}
  esac
  if [[ $present == -* ]]; then _sluice_reply "$options"; else _sluice_reply "$commands"; fi
}

complete -F _sluice sluice
`;
}

function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => ' '.repeat(by) + line).join('\n');
}
