/** Inputs of up to 8 KB (one of 1 MB) that a careless rule would be slow on. */
export const slowInputs: readonly (readonly [what: string, command: string])[] = [
  ['1 MB of text', 'a'.repeat(1_000_000)],
  ['8 KB of one word', 'a'.repeat(8_192)],
  ['here-documents', 'cat ' + '<<E '.repeat(2_000)],
  ['nested substitutions', 'echo ' + '$('.repeat(4_000)],
  ['nested groups', '{ '.repeat(4_000)],
  ['many words', 'ls ' + 'a '.repeat(4_000)],
  ['patterns', 'ls ' + '*a'.repeat(2_000)],
  ['expansions in expansions', 'tar "' + '$[{<(>'.repeat(1_300)],
  ['values in values', 'psql -c ' + '$${x:-'.repeat(1_300)],
  ['trees in a text', `npm '${'tar echo a .git/ ,'.repeat(450)}'`],
  ['braces', 'ls ' + ',{]'.repeat(2_700)],
  ['brackets', 'ls ' + '['.repeat(8_000)],
  ['dots', 'ls ' + '../'.repeat(2_700)],
  ['slashes', 'ls a' + '/'.repeat(8_000)],
  ['a long name that is not plain', `cat '${'a'.repeat(4_000)}#'`],
  ['many parts that are not plain', `cat '${'ab/'.repeat(2_000)}#'`],
  ['equals signs', 'unknown ' + '=a'.repeat(4_000)],
  ['colons', 'unknown ' + ':/a'.repeat(2_700)],
  ['one long option', 'unknown -' + 'x'.repeat(8_000)],
  ['a sed script', `sed '${'s/a/b/;'.repeat(1_100)}' a`],
  ['an awk program', `awk '${'a+b '.repeat(2_000)}' a`],
  ['awk quotes', `awk '${'"a" '.repeat(2_000)}' a`],
  ['labels of a sed script', `sed '${':a s/a/b/;'.repeat(700)}' a`],
  ['stars of a suffix', `sed -i${'*'.repeat(8_000)} s/a/b/ aaaaaaaaaaaa`],
  ['modes of a copy', `rsync --chmod=${'oa'.repeat(3_900)} a b`],
  ['ways up', 'unknown ' + 'src/../x '.repeat(900)],
  ['a jq filter', `jq '${'"'.repeat(8_000)}'`],
  ['awk brackets', `awk '${'/['.repeat(4_000)}' a`],
  ['awk brackets of two readings', `awk '/${'[]a]'.repeat(2_000)}' a`],
  ['comments of a statement', `psql -c '${'/*/'.repeat(2_700)}'`],
  ['words of a statement', `psql -c '${'copy '.repeat(1_600)}'`],
  ['quotes of a filter', `jq '"${'\\"'.repeat(4_000)}'`],
  ['repositories in repositories', 'cat ' + '.git/modules/'.repeat(600)],
  ['backslashes', '\\'.repeat(8_000)],
  ['wrappers', 'env '.repeat(2_000) + 'ls'],
  ['timeouts', 'timeout 1 '.repeat(500) + 'ls'],
  ['texts', 'foo ' + "'cat a.txt -x' ".repeat(64)],
  ['texts in texts', 'foo ' + `"foo 'foo x -y' a" `.repeat(64)],
  ['paths in a text', `foo '${'/etc/x '.repeat(1_100)}'`],
  ['files that move', 'mv ' + Array.from({ length: 256 }, (_, at) => `src/${at}`).join(' ') + ' build'],
  ['trees that are followed', 'grep -R x ' + Array.from({ length: 200 }, (_, at) => `src/${at}`).join(' ')],
  ['tags of a picture', `exiftool '${'${'.repeat(4_000)}'`],
  ['settings of a build', `mvn -D${'Repo'.repeat(2_000)}`],
  ['options of a linker', `rustc 'link-arg=${' -Wl,'.repeat(1_600)}'`],
  ['names that are no output', `vite --outDir build${'-_'.repeat(120)}/x`],
  ['sub-commands', 'goreleaser ' + 'release '.repeat(1_000) + '--snapshot'],
  ['places of a site', 'hugo ' + '-d src '.repeat(1_100)],
  ['options', 'git log ' + '--format=x '.repeat(500)],
];

/** The same for lines of several commands. */
export const slowLines: readonly (readonly [what: string, line: string])[] = [
  ['many places', 'cp -r src build tests include;'.repeat(12) + 'cat ' + 'include/src/a/b/c/d '.repeat(480)],
  [
    'deep places',
    'cp -r src build tests include;'.repeat(12) + 'cat ' + `include/src/${'a/'.repeat(100)} `.repeat(30),
  ],
  [
    'a chain of links',
    Array.from({ length: 30 }, (_, at) => `ln -s l${at} l${at + 1}`).join(';') + ';cat l30/x',
  ],
];

/** The longest that judging any input may take, in milliseconds of processor time. */
export const mostTime = 5;

/**
 * Gives the processor time of a check in milliseconds, the least of up to 200 rounds: the first ones compile the code, and
 * other programs take the caches away. Ends with the first below `enough`.
 */
export function leastTime(check: () => unknown, enough = mostTime): number {
  let least = Infinity;
  for (let round = 0; round < 200 && least >= enough; round++) {
    const before = process.cpuUsage();
    check();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}
