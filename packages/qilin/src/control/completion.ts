/** What makes a shell complete the words of `qilinctl`, made of the table of commands. Pure. */
import { COMMON, flagOf } from './command-line.ts';
import { argumentsOf, COMMAND_NAMES, COMMANDS, type CommandName, type SHELLS } from './commands.ts';

export const completionFor = (shell: (typeof SHELLS)[number]): string => SCRIPTS[shell]();

const SCRIPTS = { bash: forBash, zsh: forZsh, fish: forFish } as const;

interface Flag {
  readonly name: string;
  readonly takesFile: boolean;
  readonly takesValue: boolean;
  readonly help: string;
}

const flag = (name: string, help: string): Flag => {
  const [, value = ''] = flagOf(name).split(' ');
  return { name, takesFile: value.includes('FILE'), takesValue: value !== '', help };
};

const COMMON_FLAGS = Object.entries(COMMON).map(([name, { help }]) => flag(name, help));

const flagsOf = (command: CommandName): readonly Flag[] =>
  argumentsOf(command).flatMap(([name, { isPositional, help }]) => (isPositional ? [] : [flag(name, help)]));

/** The words that may stand in the place of its argument; none where that is any number. */
const wordsOf = (command: CommandName): readonly string[] =>
  argumentsOf(command).flatMap(([, { kind, isPositional }]) =>
    isPositional ? (kind.placeholder ?? '').split('|').filter((word) => !/^[A-Z]+$/.test(word)) : [],
  );

const dashed = (flags: readonly Flag[]): readonly string[] => flags.map(({ name }) => `--${name}`);

/** In single quotes, for every shell here. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function forBash(): string {
  const all = [...COMMON_FLAGS, ...COMMAND_NAMES.flatMap(flagsOf)];
  const files = all.filter(({ takesFile }) => takesFile);
  const values = all.filter(({ takesValue, takesFile }) => takesValue && !takesFile);
  const pattern = (flags: readonly Flag[]) => [...new Set(dashed(flags))].join('|');
  const cases = COMMAND_NAMES.map((name) => {
    const words = [...wordsOf(name), ...dashed(flagsOf(name)), ...dashed(COMMON_FLAGS)];
    return `    ${name}) words='${words.join(' ')}' ;;`;
  });
  return `# qilinctl completion bash
_qilinctl() {
  local word command='' words current=\${COMP_WORDS[COMP_CWORD]}
  case \${COMP_WORDS[COMP_CWORD-1]} in
    ${pattern(files)}|-o) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${pattern(values)}|-n) COMPREPLY=(); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${COMMAND_NAMES.join('|')}) command=$word; break ;;
    esac
  done
  case $command in
${cases.join('\n')}
    *) words='${[...COMMAND_NAMES, ...dashed(COMMON_FLAGS)].join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _qilinctl qilinctl
`;
}

function forZsh(): string {
  const spec = ({ name, takesFile, takesValue, help }: Flag): string => {
    const action = takesFile ? ':file:_files' : takesValue ? ':value:' : '';
    return quoted(`--${name}[${inBrackets(help)}]${action}`);
  };
  const commands = COMMAND_NAMES.map(
    (name) => `    ${quoted(`${name}:${COMMANDS[name].help.replaceAll(':', '\\:')}`)}`,
  );
  const cases = COMMAND_NAMES.map((name) => {
    const words = wordsOf(name);
    const argument = words.length === 0 ? [] : [quoted(`1:argument:(${words.join(' ')})`)];
    return `    ${name}) _arguments $common ${[...argument, ...flagsOf(name).map(spec)].join(' ')} ;;`;
  });
  return `#compdef qilinctl
# qilinctl completion zsh
_qilinctl() {
  local state
  local -a common commands
  common=(
${COMMON_FLAGS.map((one) => `    ${spec(one)}`).join('\n')}
  )
  commands=(
${commands.join('\n')}
  )
  _arguments -C $common '1:command:->command' '*::argument:->argument' && return
  if [[ $state == command ]]; then
    _describe command commands
    return
  fi
  case $words[1] in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _qilinctl ]]; then _qilinctl "$@"; else compdef _qilinctl qilinctl; fi
`;
}

const inBrackets = (text: string): string => text.replace(/[[\]:]/g, '\\$&');

function forFish(): string {
  const line = (condition: string, rest: string): string => `complete -c qilinctl -n ${quoted(condition)} ${rest}\n`;
  const flagLine = (condition: string) => (one: Flag) =>
    line(condition, `-l ${one.name}${one.takesFile ? ' -rF' : one.takesValue ? ' -x' : ''} -d ${quoted(one.help)}`);
  const beforeCommand = `not __fish_seen_subcommand_from ${COMMAND_NAMES.join(' ')}`;
  const commands = COMMAND_NAMES.flatMap((name) => {
    const within = `__fish_seen_subcommand_from ${name}`;
    const words = wordsOf(name);
    return [
      line(beforeCommand, `-a ${name} -d ${quoted(COMMANDS[name].help)}`),
      ...(words.length === 0 ? [] : [line(within, `-a ${quoted(words.join(' '))}`)]),
      ...flagsOf(name).map(flagLine(within)),
    ];
  });
  const common = COMMON_FLAGS.map(flagLine('true'));
  return ['# qilinctl completion fish\ncomplete -c qilinctl -f\n', ...common, ...commands].join('');
}
