/**
 * All that a check asks of the file system: it reads names, kinds and links, never content, and changes nothing. Taken as
 * Node has them loaded already: an import of `node:fs` by name makes Node load promises and streams as well, a seventh of
 * what the import of this package takes (decision 0090).
 */
export const { lstatSync, readdirSync, readlinkSync, statSync } = process.getBuiltinModule('node:fs');
