import { requires } from '../../../../tools/host/host-test.js';
import { testWorkerImage } from '../../../../tools/host/test-image.js';
import { crashSuite, START_STEPS, STOP_STEPS } from '../server/testing/crash-suite.js';

requires('linux', 'docker', 'root').describe('a control plane with containers that is killed', () => {
  crashSuite({ workerImage: testWorkerImage, start: START_STEPS, stop: STOP_STEPS });
});
