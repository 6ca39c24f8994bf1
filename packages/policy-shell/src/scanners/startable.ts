// Programs whose appearance in the arguments of an unknown program means: that program starts them.
const startable =
  /^(?:(?:ba|da|z|k|mk|a|fi|c|tc)?sh|busybox|toybox|sudo|doas|su|env|printenv|xargs|rm|dd|shred|mkfs[\w.]*|reboot|shutdown|poweroff|halt|chroot|nsenter|unshare|eval|exec)$/;

/** Whether a word is the name or path of a program that does harm where another one starts it. */
export const isStartable = (value: string): boolean =>
  startable.test(value.slice(value.lastIndexOf('/') + 1));

// Options whose value is the name of a language, a kind of file or a shell to write for.
const namesKind = /shell|lang|syntax|type|env|mode|format|completion|stage|name|only|dialect|parser|interp/i;

/** Whether an option that no profile lists has a shell, a remover or their like for a value: it would start that. */
export function namesProgram(value: string): boolean {
  if (!value.includes('=')) return false;
  const [, option = '', program = ''] = /^(--?[a-z][\w.-]*)=([\w./-]+)$/i.exec(value) ?? [];
  return option !== '' && isStartable(program) && !namesKind.test(option);
}
