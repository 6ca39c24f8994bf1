import type { Settings } from '../settings/index.js';
import { unconfinedExec } from './unconfined-exec.js';

/** Gives the settings of this server that take protection away, as a person has to know them. */
export function unsafeServerSettings(
  settings: Pick<Settings, 'unconfinedExec' | 'maxLevel'>,
  backend: string | undefined,
): readonly { readonly setting: string; readonly consequence: string; readonly fix: string }[] {
  return [
    ...(unconfinedExec(settings, backend)
      ? [
          {
            setting: 'CLAWFORCE_UNCONFINED_EXEC',
            consequence:
              'A worker whose confiner does not work runs commands with the rights of its own user.',
            fix: 'Start the server without CLAWFORCE_UNCONFINED_EXEC and install bubblewrap.',
          },
        ]
      : []),
    ...(settings.maxLevel === 'privileged'
      ? [
          {
            setting: 'CLAWFORCE_MAX_LEVEL',
            consequence: 'A superadmin may set agents to Power, at which they are root in their container.',
            fix: 'Start the server without CLAWFORCE_MAX_LEVEL=privileged once no agent needs it.',
          },
        ]
      : []),
    ...(backend === 'process'
      ? [
          {
            setting: 'ADMIN_RUNTIME_BACKEND',
            consequence:
              'Workers are processes of this host: no container stands around them and nothing is attested. For development only.',
            fix: 'Use the docker backend.',
          },
        ]
      : []),
  ];
}
