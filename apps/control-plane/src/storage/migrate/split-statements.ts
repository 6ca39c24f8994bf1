/**
 * Gives the statements of an SQL script without comments; semicolons inside quotes, dollar quotes and comments do not end
 * a statement. The PostgreSQL adapter's own script runner splits at every semicolon and uses several connections.
 */
export function splitStatements(script: string): readonly string[] {
  const statements: string[] = [];
  let current = '';
  for (const [token] of script.matchAll(TOKEN)) {
    if (token.startsWith('--') || token.startsWith('/*')) continue;
    if (token === ';') {
      statements.push(current.trim());
      current = '';
    } else {
      current += token;
    }
  }
  statements.push(current.trim());
  return statements.filter((statement) => statement !== '');
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|;|[^;'"$/-]+|[\s\S]/g;
