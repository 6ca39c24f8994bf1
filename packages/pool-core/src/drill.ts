import { fileCases } from './drill/file-cases.js';
import { mountCases, systemCases } from './drill/kernel-cases.js';
import { privilegeCases, processCases, resourceCases } from './drill/process-cases.js';
import { controlCases, networkCases } from './drill/reach-cases.js';
import type { DrillCase } from './drill/drill-case.js';

/** The drill of the container layer: every case is executed by the engine, past the worker and its policies. */
export const DRILL_CASES: readonly DrillCase[] = Object.freeze([
  ...fileCases,
  ...mountCases,
  ...systemCases,
  ...networkCases,
  ...controlCases,
  ...processCases,
  ...privilegeCases,
  ...resourceCases,
]);

export { runDrill } from './drill/run-drill.js';
export type { DrillRequest, DrillRow } from './drill/run-drill.js';
export type { DrillCase, DrillFacts, DrillNeed, Expectation } from './drill/drill-case.js';
export { DRILL_PROBE_PATH, findWorker } from './drill/find-worker.js';
export type { FoundWorker } from './drill/find-worker.js';
