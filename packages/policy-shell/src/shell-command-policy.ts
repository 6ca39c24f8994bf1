import { createDecision, policyDigest, type Decision, type Step } from '@clawforce/policy-core';
import type { CommandPlan, PlannedCommand } from './command-plan.js';
import { canonicalForm, type LinePart, placeInCanonical } from './judge/canonical-form.js';
import { judgeCommand } from './judge/judge-command.js';
import { type JudgedLine, judgeLine, objectionsTo } from './judge/judge-line.js';
import { judgeText } from './judge/judge-text.js';
import { viewWorkspace } from './layers/view.js';
import { type ParsedLine, parseText, type SimpleCommand } from './parse/parse-command.js';
import { readPlainCommand } from './parse/plain-command.js';
import { protectedNames, refusePath, type WorkspaceView } from './path/workspace-paths.js';
import { checkOptions, type CheckedOptions, type ShellPolicyOptions } from './policy-options.js';
import { shellRules, type ShellRuleId } from './rules/catalogue.js';
import type { Finding, Span } from './rules/finding.js';

/** The verdict on one command; `plan` is there exactly when it is allowed. */
export type ShellDecision = Decision & { readonly rule: ShellRuleId; readonly plan?: CommandPlan };

const maximumInputShown = 8192;
const layers: readonly string[] = ['syntax', 'deny-rule', 'workspace'];
const passedLayer = (layer: string): Step => Object.freeze({ layer, rule: 'shell.allow', effect: 'allow' });
const passedEveryLayer: readonly Step[] = Object.freeze(layers.map(passedLayer));

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
  check(command: string, context: { readonly cwd?: string | undefined } = noContext): ShellDecision {
    const input = typeof (command as unknown) === 'string' ? command : '';
    try {
      return this.#check(command, input, context);
    } catch (error) {
      const note = error instanceof Error ? error.message : 'unknown error';
      return this.#decide(input, [{ rule: 'shell.internal' }], [], { note });
    }
  }

  #check(command: unknown, input: string, context: { readonly cwd?: string | undefined }): ShellDecision {
    if (typeof command !== 'string') return this.#decide(input, [{ rule: 'shell.syntax.not-a-string' }], []);
    const misused = context === noContext ? undefined : refuseContext(context);
    if (misused) return this.#decide(input, [misused], []);
    const { cwd } = context;
    const plain = readPlainCommand(command);
    const parsed = plain ? undefined : parseText(command, this.#options.relaxed);
    if (parsed?.ok === false) return this.#decide(input, [parsed.finding], []);
    const view = viewWorkspace(this.#options, cwd);
    if ('rule' in view) return this.#decide(input, [view], ['syntax']);
    const misplaced = cwd === undefined ? undefined : refuseDirectory(cwd, view);
    if (misplaced) return this.#decide(input, [misplaced], ['syntax']);
    const alone = plain ?? (parsed && soleCommand(parsed.line));
    if (alone) return this.#judgeAlone(alone, view, input);
    if (!parsed) return this.#decide(input, [{ rule: 'shell.internal' }], []);
    const judged = judgeLine(parsed.line, this.#options, view, { judgeText });
    if ('rule' in judged) return this.#decide(input, [judged], []);
    const { parts, objections, pipelines } = judged;
    const canonical = canonicalForm(parts);
    if (objections.length > 0) return this.#refuse(canonical, objections, parts);
    return this.#allow(canonical, planOf(pipelines, view, this.#options));
  }

  // The usual case, without the lists that a line needs.
  #judgeAlone(command: SimpleCommand, view: WorkspaceView, input: string): ShellDecision {
    const judged = judgeCommand(command, this.#options, view, alone);
    if ('rule' in judged) return this.#decide(input, [judged], []);
    const objections = objectionsTo(judged, this.#options);
    const { words, planned } = judged;
    const refused = objections.length > 0;
    const parts = refused || command.canonical === undefined ? [{ sign: '', command, words }] : undefined;
    const canonical = parts ? canonicalForm(parts) : (command.canonical ?? '');
    if (refused) return this.#refuse(canonical, objections, parts ?? []);
    return this.#allow(canonical, planAlone(planned, view, this.#options));
  }

  #refuse(canonical: string, objections: readonly Finding[], parts: readonly LinePart[]): ShellDecision {
    const written = decisiveOf(objections).span;
    const span = written && placeInCanonical(parts, written);
    return this.#decide(canonical, objections, layers, { span });
  }

  #allow(input: string, plan: CommandPlan): ShellDecision {
    return Object.freeze({
      effect: 'allow',
      layer: 'policy',
      rule: 'shell.allow',
      reason: shellRules['shell.allow'].reason,
      span: spanOf(input.length),
      input,
      policyDigest: this.digest,
      trace: passedEveryLayer,
      plan,
    });
  }

  // `span` is the place in the input where that of the decisive finding is one in the command as it was written.
  #decide(
    input: string,
    findings: readonly Finding[],
    passed: readonly string[],
    { span, note }: { readonly span?: Span | undefined; readonly note?: string } = {},
  ): ShellDecision {
    const decisive = decisiveOf(findings);
    const { layer, effect, reason, hint } = shellRules[decisive.rule];
    const detail = shorten(decisive.detail ?? 'this');
    const shown = input.length > maximumInputShown ? `${input.slice(0, 256)}…` : input;
    // The layers in their order; those that were asked and had nothing to say are seen too.
    const trace: Step[] = [];
    let next = 0;
    const passTo = (end: number): void => {
      for (; next < end; next++) {
        const step = passedEveryLayer[next];
        if (step && passed.includes(step.layer)) trace.push(step);
      }
    };
    for (const finding of findings) {
      if (trace.length > 32) break;
      const { layer: where, effect: said } = shellRules[finding.rule];
      const rank = layers.indexOf(where);
      passTo(rank);
      next = Math.max(next, rank + 1);
      const remark = note ?? remarkOf(finding);
      const step = { layer: where, rule: finding.rule, effect: said };
      trace.push(remark === undefined ? step : { ...step, note: shorten(remark) });
    }
    passTo(layers.length);
    return createDecision<{ rule: ShellRuleId }>({
      effect,
      layer,
      rule: decisive.rule,
      reason: reason.replace('{}', () => detail),
      ...(hint === undefined ? {} : { hint }),
      span: span ?? decisive.span ?? [0, shown.length],
      input: shown,
      policyDigest: this.digest,
      trace,
    });
  }
}

const alone = { judgeText };

// The whole of an input, made once for each usual length.
const spans: Span[] = [];

function spanOf(length: number): Span {
  if (length >= 256) return Object.freeze([0, length] as const);
  return (spans[length] ??= Object.freeze([0, length] as const));
}

const noContext: { readonly cwd?: string } = Object.freeze({});

// A caller that got the context wrong must not be judged for another directory than it meant.
function refuseContext(context: unknown): Finding | undefined {
  const rule = 'shell.workspace.context';
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    return {
      rule,
      detail: Array.isArray(context) ? 'an array' : context === null ? 'null' : `a ${typeof context}`,
    };
  }
  const unknown = Object.keys(context).find((name) => name !== 'cwd');
  return unknown === undefined ? undefined : { rule, detail: `the unknown option "${unknown}"` };
}

// What `cd` refuses is no place to start in either.
function refuseDirectory(detail: string, view: WorkspaceView): Finding | undefined {
  if (view.plain) return undefined;
  const finding = refusePath({ value: view.cwd, span: [0, 0], access: 'read' }, view);
  return finding && { rule: finding.rule, detail };
}

// The first refusal decides; a question only where nothing refuses.
const decisiveOf = (findings: readonly Finding[]): Finding =>
  findings.find(({ rule }) => shellRules[rule].effect === 'deny') ??
  findings[0] ?? { rule: 'shell.internal' };

function remarkOf({ detail, within }: Finding): string | undefined {
  if (within === undefined) return detail;
  const text = `in "${within}"`;
  return detail === undefined || detail === within ? text : `${shorten(detail)} ${text}`;
}

const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}…` : text);

function soleCommand([first, ...more]: ParsedLine): SimpleCommand | undefined {
  return more.length === 0 && first.commands.length === 1 ? first.commands[0] : undefined;
}

function planAlone(planned: PlannedCommand, view: WorkspaceView, options: CheckedOptions): CommandPlan {
  if (options.workspace === undefined || planned.builtin !== undefined || planned.redirects !== undefined)
    return planOf([{ joiner: 'always', commands: [planned] }], view, options);
  const { argv, program, cwd, env } = planned;
  const workspace = view.realRoot;
  return Object.freeze({ argv, program, cwd, env, workspace, protectedPaths: protectedBelow(workspace) });
}

function planOf(
  pipelines: JudgedLine['pipelines'],
  view: WorkspaceView,
  options: CheckedOptions,
): CommandPlan {
  const { commands } = pipelines[0];
  const { argv, program, cwd, env, builtin, redirects } = commands[0];
  const plain = pipelines.length === 1 && commands.length === 1 && redirects === undefined;
  const workspace = options.workspace === undefined ? undefined : view.realRoot;
  return Object.freeze({
    argv,
    program,
    cwd,
    env,
    ...(builtin === undefined ? undefined : { builtin }),
    ...(redirects === undefined ? undefined : { redirects }),
    ...(workspace === undefined ? undefined : { workspace }),
    protectedPaths: workspace === undefined ? nothingProtected : protectedBelow(workspace),
    ...(plain ? undefined : { pipelines: Object.freeze(pipelines) }),
  });
}

const nothingProtected: readonly string[] = Object.freeze([]);

// The answer for the last workspace: a policy asks about the same one each time.
let last: { workspace: string; paths: readonly string[] } | undefined;

function protectedBelow(workspace: string): readonly string[] {
  if (last?.workspace !== workspace) {
    const paths = [...protectedNames, '.git/hooks'].map((name) => `${workspace}/${name}`);
    last = { workspace, paths: Object.freeze(paths) };
  }
  return last.paths;
}
