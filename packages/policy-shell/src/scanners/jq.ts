/**
 * Gives what a jq (or yq) filter reads beyond its input, or `undefined`: the environment, other files, modules.
 */
export function riskyJq(filter: string): string | undefined {
  // A quote in a comment opens no string, a comment sign in a string no comment, and only newer versions continue a
  // comment behind a backslash: a filter must be harmless in each reading.
  for (const reading of [
    /"(?:[^"\\]|\\.)*(?:"|\\?$)/gs,
    /"(?:[^"\\]|\\.)*(?:"|\\?$)|#[^\n]*/gs,
    /"(?:[^"\\]|\\.)*(?:"|\\?$)|#(?:[^\n\\]|\\\r?\n|\\.?)*/gs,
  ]) {
    const found = riskyJqCode(filter.replace(reading, blank));
    if (found !== undefined) return found;
  }
  return undefined;
}

// Strings are data unless they interpolate or stay open.
function blank(text: string): string {
  if (text.startsWith('#')) return ' ';
  return text.includes('\\(') || !/^".*"$/s.test(text) ? text : '""';
}

function riskyJqCode(code: string): string | undefined {
  const found =
    /\$\s*(?:ENV\b|__prog\w*)|(?<![.\w$"])(?:env|input_filename|import|include|modulemeta|get_search_list|debug|stderr|halt_error|load|strenv|envsubst|load_str|eval|system|exec)\b/.exec(
      // The key of an object is data too: `{env: .environment}`.
      code.replace(/([{,]\s*)[A-Za-z_]\w*\s*:(?!:)/g, '$1k:'),
    );
  return found?.[0];
}

/** Gives what a database command does beyond querying, or `undefined`: shell escapes, files, extensions. */
export function riskySql(text: string): string | undefined {
  // What looks like a comment may stand in a string, or be code for some databases (`/*!`, `/*+`); a comment may also
  // stand between two words.
  const open = text.replace(/\/\*[!+]\d*/g, ' ');
  for (const reading of [text, open, text.replace(comments, ' '), open.replace(comments, ' ')]) {
    const found = riskyStatements(reading);
    if (found !== undefined) return found;
  }
  return undefined;
}

const comments = /\/\*[^]*?(?:\*\/|$)/g;

// What may stand between two words: a comment to the end of the line too, wherever it may begin.
const gap = String.raw`(?:\s|(?:--|#)[^\n]*(?:\n|$))+`;
const risky = new RegExp(
  [
    String.raw`^\s*\.(?!(?:tables|schema|indexes|indices|databases|dbinfo|headers?|mode|width|fullschema|show|stats|dump)\b[^\n|]*$)|(?:^|[\s;])\\\.|\\(?!(?:d[a-zA-Z]*\+?|l\+?|x|timing|conninfo|z)(?:\s|$))[!a-z]`,
    String.raw`\b(?:load_file|load_extension|readfile|writefile|edit|outfile|dumpfile|load${gap}data|attach|pg_read_file|pg_ls_dir|lo_import|lo_export|system|source|tee|pager|drop|truncate|delete|fsdir|zipfile|sqlar_\w+|using${gap}(?:csv|vsv)|temp_store_directory|\w*extension_repository|getenv|read_(?:text|blob|csv|json|parquet)\w*|create${gap}extension|do${gap}\$)\b`,
    String.raw`(?:^|;)\s*(?:(?:force\s+)?install|load)\s+['"\w]`,
  ].join('|'),
  'i',
);

function riskyStatements(text: string): string | undefined {
  const found = risky.exec(text);
  if (found) return found[0].trim();
  // In two steps: one pattern over both words would begin anew at every first one.
  for (const statement of text.split(';')) {
    for (const [first, second] of filePairs) {
      const at = first.exec(statement);
      if (at && second.test(statement.slice(at.index + at[0].length))) return at[0];
    }
  }
  return undefined;
}

const filePairs = [
  [/\bcopy\b/i, /\b(?:program|to|from)\b/i],
  [/\bvacuum\b/i, /\binto\b/i],
] as const;
