/**
 * Gives what a jq (or yq) filter reads beyond its input, or `undefined`: the environment, other files, modules.
 */
export function riskyJq(filter: string): string | undefined {
  // Strings are data unless they interpolate.
  const code = filter
    .replace(/"(?:[^"\\]|\\.)*"/gs, (text) => (text.includes('\\(') ? text : '""'))
    // The key of an object is data too: `{env: .environment}`.
    .replace(/([{,]\s*)[A-Za-z_]\w*\s*:(?!:)/g, '$1k:');
  const found =
    /\$ENV\b|\$__prog\w*|(?<![.\w$"])(?:env|input_filename|import|include|modulemeta|get_search_list|debug|stderr|halt_error|load|strenv|envsubst|load_str|eval|system|exec)\b/.exec(
      code,
    );
  return found?.[0];
}

/** Gives what a database command does beyond querying, or `undefined`: shell escapes, files, extensions. */
export function riskySql(text: string): string | undefined {
  const found =
    /^\s*\.(?!(?:tables|schema|indexes|indices|databases|dbinfo|headers?|mode|width|fullschema|show|stats)\b[^\n|]*$)|\\(?!(?:d[a-zA-Z]*\+?|l\+?|x|timing|conninfo|z)(?:\s|$))[!a-z]|\b(?:load_file|load_extension|readfile|writefile|edit|into\s+(?:outfile|dumpfile)|load\s+data|copy\b[^;]*\b(?:program|to|from)|attach|pg_read_file|pg_ls_dir|lo_import|lo_export|system|source|tee|pager|drop|truncate|delete|fsdir|zipfile|sqlar_\w+|vacuum\b[^;]*\binto|using\s+(?:csv|vsv)|temp_store_directory|getenv|read_(?:text|blob|csv|json|parquet)\w*|create\s+extension|do\s+\$)\b/i.exec(
      text.replace(/\/\*.*?\*\//gs, ' '),
    );
  return found?.[0].trim();
}
