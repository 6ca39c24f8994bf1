const harmlessKeys =
  /^(?:user\.(?:name|email|signingkey)|author\.(?:name|email)|committer\.(?:name|email)|color\.[\w.]+|core\.(?:quotepath|autocrlf|eol|filemode|abbrev|ignorecase|precomposeunicode|longpaths|safecrlf|whitespace)|diff\.(?:algorithm|renames|renamelimit|colormoved|context|mnemonicprefix|noprefix)|merge\.(?:conflictstyle|ff|log)|pull\.(?:rebase|ff)|push\.(?:default|autosetupremote|followtags)|fetch\.(?:prune|prunetags)|rebase\.(?:autostash|autosquash)|rerere\.(?:enabled|autoupdate)|log\.(?:date|decorate|abbrevcommit)|init\.defaultbranch|advice\.\w+|status\.[\w]+|branch\.[\w./-]+\.(?:remote|merge|rebase|description)|commit\.(?:gpgsign|verbose|status)|tag\.(?:gpgsign|sort)|gc\.auto|help\.autocorrect|column\.ui|feature\.manyfiles|http\.(?:postbuffer|lowspeedlimit|lowspeedtime))$/i;

/** Whether a git configuration key (with or without `=value`) cannot make git run or include anything. */
export function isHarmlessGitSetting(setting: string): boolean {
  const [key = '', ...value] = setting.split('=');
  if (/^core\.pager=(?:cat)?$/i.test(setting)) return true;
  // An address, which `git fetch` goes to by itself.
  if (/^branch\..*\.remote$/i.test(key) && value.length > 0 && !/^[\w.-]+$/.test(value.join('=')))
    return false;
  return harmlessKeys.test(key) && !/^\s*!/.test(value.join('='));
}

/** Whether a git remote is an address whose transport runs a helper: `ext::`, `fd::`, any `x::y`. */
export function isGitHelperAddress(remote: string): boolean {
  return /^[\w+.-]+::/.test(remote) || /^-|:\/\/-/.test(remote);
}
