import { isRiskyCmakeVariable, makeWordRule } from '../scanners/make-words.js';
import type { ArgumentRule } from './argument-rule.js';

/** Programs that read more of their words from a file behind `@`. */
export const takesResponseFiles =
  /^(?:strings|nm|size|objdump|readelf|objcopy|strip|ar|ranlib|gcc-ar|gcc-nm|gcc-ranlib|gprof|dwp|elfedit|c\+\+filt|addr2line|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|cpp|c99|c89|c99-gcc|c89-gcc|tcc|icc|icx|icpx|ld(?:\.\w+)?|gold|as|gas|nasm|yasm|nvcc|emcc|protoc|keytool|native-image|jpackage|rustc|rustdoc|tsc|mypy|pytest|zip|llvm-[\w-]+|clang-[\w+-]+|lld(?:-link)?|ld64\.lld|wasm-ld|llc|lli|opt|flang(?:-new)?|dsymutil|FileCheck|swiftc?|kotlinc(?:-jvm)?|scalac|groovyc|rar|arj|qpdf|gs|ghostscript|csc|mcs|vbc|doxygen|ant|7z|7za|7zr|jar|javadoc|convert|magick|mogrify|identify|montage|composite)$/;

const compilers = /^(?:ld(?:\.\w+)?|gold|gcc|g\+\+|cc|c\+\+|c89|c99|cpp|clang|clang\+\+|gfortran)$/;

/** Rules over the arguments of compilers, linkers and builders. */
export const builderRules: readonly ArgumentRule[] = [
  {
    programs: /^stack$/,
    argument: (value) => /^(?:ghc|runghc|runhaskell|ghci|script|eval)$/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^go$/,
    argument: (value, index, all) =>
      index === 1 &&
      all[0]?.value === 'tool' &&
      !/^(?:cover|covdata|pprof|trace|nm|objdump|addr2line|buildid|test2json)$/.test(value),
    rule: 'shell.exec.option',
  },
  // It starts the words behind it; a test of the project is honest work.
  {
    programs: /^go$/,
    argument: (value, index, all) =>
      index > 1 &&
      all[0]?.value === 'tool' &&
      all[1]?.value === 'test2json' &&
      !/^(?:-|\.\/)/.test(value) &&
      all[index - 1]?.value !== '-p' &&
      !all.slice(2, index).some((word) => word.value.startsWith('./')),
    rule: 'shell.exec.option',
  },
  // Linkers and what they are told, which is a program again.
  {
    programs: /^go$/,
    argument: (value, index, all) => {
      const given = /^--?(?:ld|gccgo|gc|asm)flags(?:=(.*))?$/s.exec(value);
      return (
        given !== null &&
        /-(?:extld|extar)\b|-(?:wrapper|specs|fplugin|plugin|B)\b/.test(
          given[1] ?? all[index + 1]?.value ?? '',
        )
      );
    },
    rule: 'shell.exec.option',
  },
  {
    programs: /^go$/,
    argument: (value) => /^--?overlay(?:=|$)/.test(value),
    rule: 'shell.workspace.list',
  },
  { programs: /^nim$/, argument: (value) => value.startsWith('--eval'), rule: 'shell.exec.option' },
  {
    programs: /^(?:ninja|samu)$/,
    argument: (value) => /^(?:-t)?browse$/.test(value),
    rule: 'shell.program.network',
  },
  { programs: /^javac?$/, argument: (value) => value.startsWith('@'), rule: 'shell.exec.option' },
  // A file of words: more options and files than are seen here.
  {
    programs: takesResponseFiles,
    argument: (value) =>
      /^@./.test(value) ||
      /^-W[lap],(?:.*,)?@(?!loader_path|executable_path|rpath)|^-[ix][r!-]*\d?@/.test(value),
    rule: 'shell.workspace.list',
  },
  {
    programs: /^cargo clean$/,
    argument: (value) => value.startsWith('--target-d'),
    rule: 'shell.destructive.remove',
  },
  {
    programs: /^go$/,
    argument: (value, index, all) => {
      const names = all.slice(index + 1);
      return value === 'env' && !(names.length > 0 && names.every((name) => /^[A-Z]\w*$/.test(name.value)));
    },
    rule: 'shell.env.dump',
  },
  {
    programs: /^clang-format$/,
    argument: (value) => /^--?files=?/.test(value),
    rule: 'shell.workspace.list',
  },
  // What loads or starts something by other words than those of a profile.
  {
    programs: compilers,
    argument: (value) =>
      /^-Wl,(?:.*,)?--?plugin|^-fpass-plugin|^--(?:ld-path|ptxas-path|gcc-toolchain|for-linker|for-assembler|prefix?)(?:=|$)|^--error-handling-script/.test(
        value,
      ),
    rule: 'shell.exec.option',
  },
  {
    programs: compilers,
    argument: (value) => /^-ivfsoverlay|^--config(?:=|$)/.test(value),
    rule: 'shell.workspace.list',
  },
  {
    programs: /^cmake$/,
    argument: (value, index, all) =>
      (makeWordRule(value) !== undefined || /^(?:--?e(?:v|va|val)?(?:=|$)|-[A-Za-z]*[Ef])/.test(value)) &&
      all.slice(0, index).some((before) => before.value === '--'),
    rule: 'shell.exec.config',
  },
  {
    programs: /^cmake$/,
    argument: (value) => isRiskyCmakeVariable(value.replace(/^-D\s*/, '')),
    rule: 'shell.exec.config',
  },
  // TeX takes its program where it takes a file name.
  { programs: /tex(?:mk)?$/, argument: (value) => value.startsWith('\\'), rule: 'shell.exec.script-text' },
  {
    programs: /^cargo watch$/,
    argument: (value, index, all) => {
      const command =
        /^(?:-x|--exec=)(.+)$/.exec(value)?.[1] ??
        (/^(?:-x|--exec)$/.test(all[index - 1]?.value ?? '') ? value : '');
      return /^(?:publish|yank|login|logout|owner)\b|--(?:git|registry|index|config)\b/.test(command);
    },
    rule: 'shell.exec.option',
  },
  {
    programs: /^meson$/,
    argument: (value, index, all) =>
      (index === 0 && value === 'runpython') ||
      (value === 'foreach' && all[0]?.value === 'subprojects') ||
      /^--wra[a-z]*(?:=|$)|^--gdb/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^(?:just|task|go-task)$/,
    argument: (value) => /[;&|`$<>]/.test(value),
    rule: 'shell.exec.script-text',
  },
  {
    programs: /(?:tex|^context)$/,
    argument: (value) => /^--?shell-e|^--?enable-w/.test(value),
    rule: 'shell.exec.option',
  },
];
