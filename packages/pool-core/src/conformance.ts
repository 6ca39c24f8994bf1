export { describePoolConformance } from './conformance/describe-pool-conformance.js';
export { conformanceWorkerSource } from './conformance/worker-source.js';
export type {
  ConformanceBehaviour,
  ConformanceExpectation,
  ConformanceHarness,
  ConformanceOptions,
  ConformanceSpecRequest,
} from './conformance/harness.js';
