const PLACEHOLDER =
  /change[-_ ]?(me|this|it|in)|replace[-_ ]?(me|this|with)|your[-_ ]|(jwt|super|default|dev|test|my|top)[-_ ]?secret|secret[-_ ]?key|insecure|example|placeholder|password|correct[-_ ]?horse/i;

/** Whether a signing secret is one that others know or can guess: a placeholder of a guide, a repetition, a count. */
export function isKnownDefault(secret: string): boolean {
  if (PLACEHOLDER.test(secret)) return true;
  if (new Set(secret).size < 10) return true;
  return '0123456789abcdefghij'.includes(secret.slice(0, 10).toLowerCase());
}
