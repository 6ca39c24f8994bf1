import type { ShellRuleId } from '../rules/catalogue.js';

const refusedModules: readonly (readonly [modules: RegExp, rule: ShellRuleId])[] = [
  [
    /^(?:timeit|code|pdb|pyperf|codeop|idlelib|pty|bdb|antigravity|trace|this|turtledemo|webbrowser|asyncio|_pyrepl|pudb|ipdb|pdbpp|trepan)(?:\.|$)/,
    'shell.program.code-runner',
  ],
  [
    /^(?:http\.server|debugpy|smtpd|pydoc|xmlrpc\.server|socketserver|wsgiref\.simple_server|telnetlib|ftplib|poplib|nntplib|imaplib|smtplib)$/,
    'shell.program.network',
  ],
  [/^(?:cgi|test\.pythoninfo)$/, 'shell.env.dump'],
  [/^netrc$/, 'shell.secret.read'],
  // The file names its own place.
  [/^uu$/, 'shell.fetch.names'],
];

const runners =
  /^(?:cProfile|profile|coverage|kernprof|memory_profiler|viztracer|scalene|pyinstrument|memray)$/;

/** Gives a module by the name it is known by: `pip.__main__`, `pip._internal` and `pip.__pip-runner__` are `pip`. */
export const moduleName = (name: string): string => name.replace(/\._.*$/s, '');

/** Gives the rule that refuses a module run by `python -m`. */
export function refusedModule(name: string): ShellRuleId | undefined {
  return refusedModules.find(([modules]) => modules.test(name))?.[1];
}

/** Whether a module runs another one behind `-m`, or code behind `-c`. */
export const runsModules = (name: string): boolean => runners.test(name);
