import { isStartable } from './startable.js';
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
  // What stands on its command line make puts into the environment of all that it starts.
  if (loadsCode.test(name)) return 'shell.env.assignment';
  if (/(?:FLAGS|OPTIONS|OPTS)$/i.test(name) && riskyOptions.test(value)) return 'shell.exec.option';
  if (isStartable(value)) return 'shell.exec.config';
  return /[;&|<>\n]/.test(value) ? 'shell.exec.script-text' : undefined;
}

// Variables by which usual programs load code, start others or read other settings.
const loadsCode =
  /^(?:GIT_(?:SSH\w*|CONFIG\w*|\w*EDITOR|PAGER|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND|EXEC_PATH|TEMPLATE_DIR|DIR|WORK_TREE)|PERL5(?:OPT|LIB|DB)|RUBY(?:OPT|LIB)|NODE_PATH|PYTHON(?:STARTUP|HOME|INSPECT|BREAKPOINT|USERBASE)|CLASSPATH|GCONV_PATH|LOCPATH|LESSOPEN|LESSCLOSE|\w*PAGER|EDITOR|VISUAL|BROWSER|PROMPT_COMMAND|IFS|PS4|SHELLOPTS|BASHOPTS|RUSTC_\w*WRAPPER|RUSTC|RUSTDOC|CARGO_\w*(?:RUNNER|LINKER|WRAPPER)|npm_config_\w+|NPM_CONFIG_\w+|CROSS_COMPILE|COMPILER_PATH|GCC_EXEC_PREFIX|SSH_ASKPASS|SUDO_ASKPASS|RSYNC_RSH|CVS_RSH|OPENSSL_CONF|CURL_HOME|WGETRC|INPUTRC|XDG_CONFIG_HOME|DYLD_\w+)$/;
// Options in the value of a variable that start programs or load code: of compilers, linkers, go, rust, node, Java and tar.
const riskyOptions =
  /(?:^|[\s,=])(?:@|-(?:wrapper|fplugin|-?specs|B|Xclang|load|-?plugin|fuse-ld=(?!lld\b|gold\b|bfd\b|mold\b)|toolexec|extld|C\s*linker|r\b|-(?:require|import|loader|experimental-loader|eval|to-command|use-compress|checkpoint-action)|javaagent|agent(?:lib|path)|XX:(?:On|Flags|VMOptionsFile)))/;

const cmakePrograms =
  /^CMAKE_(?:\w*(?:LAUNCHER|EMULATOR|CLANG_TIDY|CPPCHECK|CPPLINT|WHAT_YOU_USE|MAKE_PROGRAM)|RULE_LAUNCH_\w+)$/;
const usualPrograms = /^(?:s?ccache|distcc|clang-tidy|cppcheck|cpplint|include-what-you-use|ninja|g?make)?$/;

/** Whether a variable for cmake (`NAME=value` or `NAME:TYPE=value`) names a program, or options that start one. */
export function isRiskyCmakeVariable(setting: string): boolean {
  const [, name = '', value = ''] = /^(\w+)(?::\w+)?=(.*)$/s.exec(setting) ?? [];
  if (isStartable(value)) return true;
  if (cmakePrograms.test(name)) return !usualPrograms.test(value);
  if (/^CMAKE_\w+_COMPILER$/.test(name)) return /[;\s]/.test(value);
  return (
    /^CMAKE_\w*FLAGS\w*$/.test(name) &&
    /(?:^|[\s,])(?:@|-(?:wrapper|fplugin|specs|B|Xclang|load|plugin|fuse-ld))/.test(value)
  );
}
