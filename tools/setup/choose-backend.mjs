import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// Loaded when it is needed: building an image needs more of the repository than a start does.
const buildImage = async (options) => (await import('../images/worker-image.mjs')).ensureWorkerImage(options);

const run = promisify(execFile);
const ENGINE_ANSWERS_MS = 10_000;

/**
 * Gives what `npm start` tells the server: the backend that is configured, else docker when its engine answers and the
 * worker image could be built, else processes with the reason. Whether a container can really connect back is tried by
 * the server itself, which falls back in the same way.
 */
export async function chooseBackend(configured, { docker = 'docker', image = buildImage } = {}) {
  if (configured === 'process')
    return { said: `Runtime: process (from ADMIN_RUNTIME_BACKEND).`, flags: [], env: {} };
  const fallBack = (reason) =>
    configured === undefined
      ? {
          said: `Runtime: process (docker is not used: ${reason}).`,
          flags: ['--backend-reason', reason],
          env: { ADMIN_RUNTIME_BACKEND: 'process' },
        }
      : // Somebody wants docker: the server says what is missing and does not start.
        { said: `Runtime: ${configured} (from ADMIN_RUNTIME_BACKEND).`, flags: [], env: {} };
  try {
    await run(docker, ['info', '--format', '{{.ServerVersion}}'], { timeout: ENGINE_ANSWERS_MS });
  } catch (error) {
    if (error.code !== 'ENOENT') return fallBack('the docker engine does not answer');
    // The command only builds the image: with one that is named, the server asks the engine's socket itself.
    if (!process.env.AGENT_IMAGE) return fallBack('there is no docker command here');
  }
  const env = {};
  if (!process.env.AGENT_IMAGE) {
    try {
      env.AGENT_IMAGE = await image({ docker, say: (sentence) => console.log(`worker image: ${sentence}`) });
    } catch (error) {
      return fallBack(`the worker image could not be built: ${error.message.split('\n', 1)[0]}`);
    }
  }
  return configured === undefined
    ? { said: 'Runtime: docker, if a container can connect back.', flags: ['--choose-backend'], env }
    : { said: `Runtime: ${configured} (from ADMIN_RUNTIME_BACKEND).`, flags: [], env };
}
