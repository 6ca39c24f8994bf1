import { requires } from '../../../../tools/host/host-test.js';
import { crashSuite, ofProcesses, START_STEPS, STOP_STEPS } from '../server/testing/crash-suite.js';

requires('linux').describe('a control plane with processes that is killed', () => {
  crashSuite({
    workerImage: () => Promise.resolve(undefined),
    start: START_STEPS.filter(ofProcesses),
    stop: STOP_STEPS.filter(ofProcesses),
  });
});
