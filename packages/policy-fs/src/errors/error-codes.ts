import type { Effect } from '@clawforce/policy-core';

/** One row of the error table. */
export interface ErrorEntry {
  /** The stable id of the rule, for audit and policy tests. */
  readonly rule: string;
  /** `deny` when policy refused; `allow` when policy admitted and the operation failed. */
  readonly effect: Effect;
  /** One sentence for a person or a model. It never tells whether a hidden file exists. */
  readonly reason: string;
  /** What to do instead. */
  readonly hint: string;
}

const row = (rule: string, effect: Effect, reason: string, hint: string): ErrorEntry =>
  Object.freeze({ rule, effect, reason, hint });

/** Every code an {@link AgentFSError} can carry, with its rule, effect and default texts. */
export const ERROR_TABLE = Object.freeze({
  INVALID_PATH: row(
    'fs.path.invalid',
    'deny',
    'The path is not valid.',
    'Give a relative path with forward slashes.',
  ),
  INVALID_NAME: row(
    'fs.name.invalid',
    'deny',
    'The name cannot be created.',
    'Use a plain name without control characters.',
  ),
  ABSOLUTE_PATH: row(
    'fs.path.absolute',
    'deny',
    'Absolute paths are refused.',
    'Give a path relative to the workspace, such as notes/a.md.',
  ),
  PATH_TRAVERSAL: row(
    'fs.path.traversal',
    'deny',
    'A path may not contain "..".',
    'Write the path from the workspace downwards.',
  ),
  NAME_TOO_LONG: row(
    'fs.path.too-long',
    'deny',
    'The path or one of its names is too long.',
    'Use at most 255 bytes a name and 4096 bytes a path.',
  ),
  TOO_DEEP: row('fs.path.too-deep', 'deny', 'The path goes too deep.', 'Use fewer levels of directories.'),
  HIDDEN: row(
    'fs.zone.hidden',
    'deny',
    'This part of the agent directory is not available.',
    'Work below workspace/.',
  ),
  LOOKALIKE: row(
    'fs.name.lookalike',
    'deny',
    'The first name is too similar to a protected one.',
    'Spell zone names exactly, or choose another name.',
  ),
  READ_ONLY: row('fs.zone.read-only', 'deny', 'This place is read-only.', 'Write below workspace/ instead.'),
  ZONE_ROOT: row(
    'fs.zone.root',
    'deny',
    'A zone itself cannot be changed.',
    'Name a file or directory inside it.',
  ),
  ESCAPE: row(
    'fs.link.escape',
    'deny',
    'A symbolic link leads to a place that is not available.',
    'Use a path without that link.',
  ),
  TOO_MANY_LINKS: row(
    'fs.link.too-many',
    'deny',
    'The path passes too many symbolic links.',
    'Use the real path; a link may point to itself.',
  ),
  HARD_LINK: row(
    'fs.file.hard-link',
    'deny',
    'The file has more than one name (hard link).',
    'Make a copy with its own content and use that.',
  ),
  SPECIAL_FILE: row(
    'fs.file.special',
    'deny',
    'Only regular files can be opened.',
    'Pipes, sockets and devices can be listed or removed.',
  ),
  CROSS_MOUNT: row(
    'fs.mount.crossed',
    'deny',
    'The path leads onto another file system.',
    'Stay within the zone.',
  ),
  RACE: row(
    'fs.walk.race',
    'deny',
    'The path kept changing while it was followed.',
    'Try again when nothing else changes it.',
  ),
  QUOTA: row(
    'fs.quota.exceeded',
    'deny',
    'The space or the number of files allowed is used up.',
    'Remove files that are no longer needed.',
  ),
  UNSUPPORTED: row(
    'fs.platform.unsupported',
    'deny',
    'This is not supported here.',
    'Use another operation or platform.',
  ),
  EXISTS: row(
    'fs.outcome.exists',
    'allow',
    'Something with this name exists already.',
    'Choose another name or remove it first.',
  ),
  NOT_FOUND: row(
    'fs.outcome.not-found',
    'allow',
    'There is no such file or directory.',
    'List the directory to see what is there.',
  ),
  IS_A_DIRECTORY: row(
    'fs.outcome.is-a-directory',
    'allow',
    'The path names a directory.',
    'Name a file in it.',
  ),
  NOT_A_DIRECTORY: row(
    'fs.outcome.not-a-directory',
    'allow',
    'A part of the path is not a directory.',
    'List the parent directory to see what is there.',
  ),
  TOO_LARGE: row(
    'fs.outcome.too-large',
    'allow',
    'The content is larger than the limit.',
    'Work on parts of it, with offset and limit.',
  ),
  BINARY: row(
    'fs.outcome.binary',
    'allow',
    'The file is not text in UTF-8.',
    'Use a program made for this kind of file.',
  ),
  NO_MATCH: row(
    'fs.outcome.no-match',
    'allow',
    'The old text was not found in the file.',
    'Read the file and copy the passage exactly.',
  ),
  AMBIGUOUS: row(
    'fs.outcome.ambiguous',
    'allow',
    'The old text occurs more than once.',
    'Include more lines around it, or replace all.',
  ),
  STALE: row(
    'fs.outcome.stale',
    'allow',
    'The file has changed meanwhile.',
    'Read it again and repeat the change.',
  ),
  NO_SPACE: row(
    'fs.outcome.no-space',
    'allow',
    'The disk is full.',
    'Remove files that are no longer needed.',
  ),
  PERMISSION: row(
    'fs.outcome.permission',
    'allow',
    'The system does not permit this.',
    'Choose another place or ask the operator.',
  ),
  IO: row(
    'fs.outcome.io',
    'allow',
    'The file system reported an error.',
    'Try again; tell the operator if it stays.',
  ),
  CLOSED: row('fs.outcome.closed', 'allow', 'The file layer is closed.', 'Open it again.'),
} satisfies Record<string, ErrorEntry>);

/** The closed list of codes. */
export type AgentFSErrorCode = keyof typeof ERROR_TABLE;
