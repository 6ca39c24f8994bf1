/** An option as `--help` shows it. */
export interface ShownOption {
  /** With its two dashes. */
  readonly name: string;
  readonly describes: string;
  /** What stands in brackets: type, default, choices. */
  readonly kind: string;
}

/** Gives the commands that a help text lists, each as it is called: `agent show <id>`. */
export function commandsOf(help: string): string[] {
  const [, block = ''] = /^Commands:\n((?: {2}.*\n)*)/m.exec(help) ?? [];
  return [...block.matchAll(/^ {2}clawforce (\S+(?: \S+)*)/gm)].map(([, usage]) => usage ?? '');
}

/** Gives the options that a help text lists, without those that every command has. */
export function optionsOf(help: string): ShownOption[] {
  const [, block = ''] = /^Options:\n((?: .*\n?)*)/m.exec(help) ?? [];
  // A long description goes on in the next line.
  const entries = block.split(/\n(?= {1,6}(?:-\w, | {4})?--)/).map((entry) => entry.replace(/\s+/g, ' '));
  return entries.flatMap((entry) => {
    const [, name, rest = ''] = /(--[\w-]+)(.*)$/.exec(entry) ?? [];
    if (name === undefined || ['--help', '--json', '--data-dir'].includes(name)) return [];
    const at = rest.indexOf('[');
    return [{ name, describes: rest.slice(0, at).trim(), kind: rest.slice(at).trim() }];
  });
}
