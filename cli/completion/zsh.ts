import { allNodes, type CommandNode, quoted } from './command-tree.ts';
import { choiceArguments, tableArguments, valueOptions, walkCases } from './posix-walk.ts';

export function zshScript(tree: CommandNode): string {
  const words = allNodes(tree).map(({ path, commands, options }) => {
    const names = commands.map((sub) => described(sub.path.at(-1) ?? '', sub.description));
    const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
    return `${quoted(path.join(' '))}) commands=(${names.join(' ')}); options=(${flags.join(' ')}) ;;`;
  });
  const values = valueOptions(tree).map(
    ([pattern, choices]) => `${quoted(pattern)}) compadd -- ${choices.map(quoted).join(' ')}; return ;;`,
  );
  const tables = tableArguments(tree).map(
    (pattern) => `${quoted(pattern)}) _sluice_tables; (($#commands)) && _describe command commands; return 0 ;;`,
  );
  const few = choiceArguments(tree).map(
    ([pattern, choices]) => `${quoted(pattern)}) compadd -- ${choices.map(quoted).join(' ')}; return ;;`,
  );
  return `#compdef sluice
# Completion of sluice in zsh: source <(sluice completion zsh) after compinit, or keep it as _sluice in a folder of fpath
_sluice_tables() {
  local -a tables
  tables=("\${SLUICE_TABLES:-tables}"/*.yaml(N:t:r))
  compadd -- $tables
}

_sluice() {
  local at='' word='' position=0 skip=0 index
  local -a commands options
  for ((index = 2; index < CURRENT; index++)); do
    word=$words[index]
    if ((skip)); then skip=0; continue; fi
    case "$at|$word" in
${indented(walkCases(tree), 6)}
    esac
  done
  if ((skip)); then
    case "$at|$word" in
${indented([...values, '*) return ;;'], 6)}
    esac
  fi
  case "$at" in
${indented(words, 4)}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option options
    return
  fi
  ((position == 0)) || commands=()
  case "$at|$position" in
${indented([...tables, ...few, '*) ;;'], 4)}
  esac
  (($#commands)) && _describe command commands
}

# As a file of fpath, this is what the first completion runs.
if [[ \${funcstack[1]-} == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi
`;
}

/** Zsh takes what follows a colon for the description. */
function described(name: string, description: string): string {
  return quoted(`${name.replaceAll(':', '\\:')}:${description}`);
}

function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => ' '.repeat(by) + line).join('\n');
}
