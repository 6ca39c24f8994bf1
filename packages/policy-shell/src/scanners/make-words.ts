import type { ShellRuleId } from '../rules/catalogue.js';

const programs =
  /^(?:\.?SHELL\w*|MAKE\w*|\.SHELLFLAGS|[A-Z]*CC|CXX|LD|AR|AS|CPP|FC|LEX|YACC|LINT|RM|CP|MV|LN|MKDIR|INSTALL|PATH|BASH_ENV|HOME|LD_\w+)$/;
const compiler =
  /^(?:s?ccache )?(?:[a-z0-9_]+-)*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|tcc|gfortran)(?:-\d+)?$/;

/** Gives the rule that a word for make breaks: a variable that names a program, or a value that a shell would run. */
export function makeWordRule(word: string): ShellRuleId | undefined {
  if (/\$[({]|`/.test(word)) return 'shell.exec.script-text';
  const [, name, operator, value = ''] = /^([^\s=:+?!]+)\s*([:+?!]*)=(.*)$/s.exec(word) ?? [];
  if (name === undefined) return undefined;
  // `X != command` runs the command.
  if (operator?.includes('!') === true) return 'shell.exec.config';
  if (programs.test(name) && !(/^(?:[A-Z]*CC|CXX|FC)$/.test(name) && compiler.test(value)))
    return 'shell.exec.config';
  return /[;&|<>\n]/.test(value) ? 'shell.exec.script-text' : undefined;
}

const cmakePrograms =
  /^CMAKE_(?:\w*(?:LAUNCHER|EMULATOR|CLANG_TIDY|CPPCHECK|CPPLINT|WHAT_YOU_USE|MAKE_PROGRAM)|RULE_LAUNCH_\w+)$/;
const usualPrograms = /^(?:s?ccache|distcc|clang-tidy|cppcheck|cpplint|include-what-you-use|ninja|g?make)?$/;

/** Whether a variable for cmake (`NAME=value` or `NAME:TYPE=value`) names a program, or options that start one. */
export function isRiskyCmakeVariable(setting: string): boolean {
  const [, name = '', value = ''] = /^(\w+)(?::\w+)?=(.*)$/s.exec(setting) ?? [];
  if (cmakePrograms.test(name)) return !usualPrograms.test(value);
  if (/^CMAKE_\w+_COMPILER$/.test(name)) return /[;\s]/.test(value);
  return (
    /^CMAKE_\w*FLAGS\w*$/.test(name) &&
    /(?:^|[\s,])(?:@|-(?:wrapper|fplugin|specs|B|Xclang|load|plugin|fuse-ld))/.test(value)
  );
}
