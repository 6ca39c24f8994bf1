import type { CurlRole } from '../profiles/tool-profile.js';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { isMetadataAddress } from './metadata-address.js';
import { inspectUrl, recordPossiblePaths } from './possible-paths.js';

/** Judges one value of curl, which expands `{a,b}` and `[a-b]` in addresses and uploads by itself. */
export function inspectCurlValue(role: CurlRole, token: Token, into: Inspection): void {
  const { value } = token;
  switch (role) {
    case 'curl-data':
      for (const file of filesOfData(value)) into.path(file, token, 'any');
      return;
    case 'curl-url':
      if (value.startsWith('@')) into.object('shell.workspace.list', token);
      else if (hasPattern(value)) into.object('shell.fetch.pattern', token);
      inspectUrl(token, into);
      return;
    case 'curl-upload':
      if (hasPattern(value)) into.object('shell.fetch.pattern', token);
      recordPossiblePaths(token, 'read', into);
      return;
    case 'curl-output':
      // `#1` stands for what a pattern in the address matched.
      if (/#\d/.test(value)) into.object('shell.fetch.pattern', token);
      if (value !== '/dev/null') recordPossiblePaths(token, 'write', into);
      return;
    case 'curl-format':
      // A format can open files of its own, so one that stands in a file is not known.
      if (value.startsWith('@')) into.object('shell.workspace.list', token);
      else if (/%output\b/i.test(value)) into.object('shell.exec.option', token);
      return;
    case 'curl-hosts':
      for (const address of value.replace(/^[^:]*:[^:]*:/, '').split(',')) {
        if (isMetadataAddress(address)) into.object('shell.fetch.metadata', token);
      }
  }
}

// The brackets around the host of an IPv6 address are no pattern.
function hasPattern(value: string): boolean {
  return /[{}[\]]/.test(value.replace(/^((?:https?:\/\/)?(?:[^/@{}[\]]*@)?)\[[0-9a-f:.]+\]/i, '$1'));
}

// A form takes several files in one value, `a=@one,two;type=x`, and quotes around their names.
function filesOfData(value: string): string[] {
  const parts = value.split(/[@<]/).slice(1);
  if (!/^[^=]*=[@<]/.test(value)) return parts.map((part) => part.replace(/[;,].*$/s, ''));
  return parts.flatMap((part) =>
    part.split(/[;,]/).map((file) => /^\s*"([^"]*)"?/.exec(file)?.[1] ?? file.trim()),
  );
}
