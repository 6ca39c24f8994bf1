import { createDecision, policyDigest, type Decision, type Step } from '@clawforce/policy-core';
import type { CommandPlan } from './command-plan.js';
import { inspectAssignment } from './inspect/assignments.js';
import { inspectCommand } from './inspect/inspect-command.js';
import { Inspection } from './inspect/inspection.js';
import { refuseByLists } from './layers/user-lists.js';
import { viewWorkspace } from './layers/view.js';
import { refusePaths } from './layers/workspace-layer.js';
import { parseCommand, type SimpleCommand } from './parse/parse-command.js';
import { expandGlob } from './path/expand-glob.js';
import { protectedNames, type WorkspaceView } from './path/workspace-paths.js';
import { checkOptions, type CheckedOptions, type ShellPolicyOptions } from './policy-options.js';
import { quoteArgv } from './quote-argv.js';
import { shellRules, type ShellRuleId } from './rules/catalogue.js';
import type { Finding, Token } from './rules/finding.js';

/** The verdict on one command; `plan` is there exactly when it is allowed. */
export type ShellDecision = Decision & { readonly rule: ShellRuleId; readonly plan?: CommandPlan };

const maximumInputShown = 8192;

/**
 * Judges shell commands of an agent in three layers: syntax, deny rules, workspace. An allowed command comes with a
 * plan, which is what was judged and the only thing to run.
 *
 * @throws TypeError from the constructor, naming the bad option.
 */
export class ShellCommandPolicy {
  readonly #options: CheckedOptions;
  /** Identifies this configuration in every decision. */
  readonly digest: string;

  constructor(options: ShellPolicyOptions = {}) {
    this.#options = checkOptions(options);
    this.digest = policyDigest({ package: 'policy-shell', version: 1, ...this.#options });
  }

  /** Gives the verdict on one command line. Synchronous; never throws; reads the file system to resolve links. */
  check(command: string, context: { readonly cwd?: string | undefined } = {}): ShellDecision {
    const input = typeof (command as unknown) === 'string' ? command : '';
    try {
      return this.#check(command, input, (context as typeof context | null)?.cwd);
    } catch (error) {
      const note = error instanceof Error ? error.message : 'unknown error';
      return this.#decide(input, [{ rule: 'shell.internal' }], [], note);
    }
  }

  #check(command: unknown, input: string, cwd: string | undefined): ShellDecision {
    if (typeof command !== 'string') return this.#decide(input, [{ rule: 'shell.syntax.not-a-string' }], []);
    const parsed = parseCommand(command);
    if (!parsed.ok) return this.#decide(input, [parsed.finding], []);
    const view = viewWorkspace(this.#options, cwd);
    if ('rule' in view) return this.#decide(input, [view], ['syntax']);
    const words = expandWords(parsed.command, view);
    if (!Array.isArray(words)) return this.#decide(input, [words], []);

    const inspection = new Inspection(this.#options, view);
    for (const { name, value, span } of parsed.command.assignments) {
      inspectAssignment({ value: `${name}=${value}`, span }, inspection);
    }
    inspectCommand(words, inspection);
    const listed = refuseByLists(inspection.programs, this.#options);
    const objections = [...inspection.findings, ...(listed ? [listed] : [])];
    const canonical = quoteArgv(words.map(({ value }) => value));
    const outside = refusePaths(inspection.paths, view);
    if (outside) objections.push(outside);
    if (objections.length > 0) return this.#decide(canonical, objections, ['syntax']);
    return this.#allow(canonical, planOf(words, parsed.command, inspection, view, this.#options));
  }

  #allow(input: string, plan: CommandPlan): ShellDecision {
    const trace = (['syntax', 'deny-rule', 'workspace'] as const).map((layer): Step => ({
      layer,
      rule: 'shell.allow',
      effect: 'allow',
    }));
    return createDecision<{ rule: ShellRuleId; plan: CommandPlan }>({
      effect: 'allow',
      layer: 'policy',
      rule: 'shell.allow',
      reason: shellRules['shell.allow'].reason,
      input,
      policyDigest: this.digest,
      trace,
      plan,
    });
  }

  // The first refusal decides; a question only where nothing refuses.
  #decide(
    input: string,
    findings: readonly Finding[],
    passed: readonly string[],
    note?: string,
  ): ShellDecision {
    const decisive = findings.find(({ rule }) => shellRules[rule].effect === 'deny') ??
      findings[0] ?? { rule: 'shell.internal' as const };
    const { layer, effect, reason, hint } = shellRules[decisive.rule];
    const detail = shorten(decisive.detail ?? 'this');
    const trace: Step[] = [
      ...passed.map((name): Step => ({ layer: name, rule: 'shell.allow', effect: 'allow' })),
      ...findings.slice(0, 32).map((finding): Step => {
        const remark = note ?? finding.detail;
        return {
          layer: shellRules[finding.rule].layer,
          rule: finding.rule,
          effect: shellRules[finding.rule].effect,
          ...(remark === undefined ? {} : { note: shorten(remark) }),
        };
      }),
    ];
    return createDecision<{ rule: ShellRuleId }>({
      effect,
      layer,
      rule: decisive.rule,
      reason: reason.replace('{}', () => detail),
      ...(hint === undefined ? {} : { hint }),
      ...(decisive.span ? { span: decisive.span } : {}),
      input: input.length > maximumInputShown ? `${input.slice(0, 256)}…` : input,
      policyDigest: this.digest,
      trace,
    });
  }
}

const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}…` : text);

function expandWords(command: SimpleCommand, view: WorkspaceView): Token[] | Finding {
  const words: Token[] = [];
  for (const [index, word] of command.words.entries()) {
    if (!word.pieces) {
      words.push({ value: word.value, span: word.span });
      continue;
    }
    // A program chosen by a pattern is never what a person means.
    if (index === 0) return { rule: 'shell.syntax.glob', span: word.span, detail: word.value };
    const expanded = expandGlob(word, view);
    if ('rule' in expanded) return expanded;
    words.push(...expanded);
  }
  return words;
}

function planOf(
  words: readonly Token[],
  command: SimpleCommand,
  inspection: Inspection,
  view: WorkspaceView,
  options: CheckedOptions,
): CommandPlan {
  const [first = '', ...rest] = words.map(({ value }) => value);
  const program = inspection.programs.at(-1)?.name ?? first;
  const roots = options.workspace === undefined ? [] : [view.realRoot];
  return Object.freeze({
    argv: Object.freeze([first, ...rest] as [string, ...string[]]),
    program,
    cwd: view.realCwd,
    env: Object.freeze(Object.fromEntries(command.assignments.map(({ name, value }) => [name, value]))),
    ...(options.workspace !== undefined ? { workspace: view.realRoot } : {}),
    protectedPaths: Object.freeze(
      roots.flatMap((root) => [...protectedNames, '.git/hooks'].map((name) => `${root}/${name}`)),
    ),
    ...(first === 'cd' ? { builtin: 'cd' as const } : {}),
  });
}
