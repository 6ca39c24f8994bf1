import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { recordPossiblePaths } from './possible-paths.js';

// Variables that select a mode or a value and never name code to load (research page, lesson 7: an allow-list).
const harmless =
  /^(?:NODE_ENV|NODE_NO_WARNINGS|NODE_DISABLE_COLORS|BABEL_ENV|APP_ENV|RAILS_ENV|RACK_ENV|MIX_ENV|FLASK_ENV|FLASK_DEBUG|DJANGO_SETTINGS_MODULE|ENVIRONMENT|STAGE|CI|PORT|HOST|DEBUG|VERBOSE|LOG_LEVEL|LOGLEVEL|FORCE_COLOR|NO_COLOR|CLICOLOR|CLICOLOR_FORCE|TERM|COLUMNS|LINES|TZ|LANG|LANGUAGE|LC_[A-Z]+|RUST_LOG|RUST_BACKTRACE|RUST_TEST_THREADS|CARGO_TERM_COLOR|CARGO_INCREMENTAL|GOOS|GOARCH|GOARM|CGO_ENABLED|GO111MODULE|GOMAXPROCS|GODEBUG|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PYTHONHASHSEED|PYTHONIOENCODING|PYTHONUTF8|PYTHONFAULTHANDLER|PYTHONASYNCIODEBUG|PIP_DISABLE_PIP_VERSION_CHECK|PIP_NO_INPUT|TF_CPP_MIN_LOG_LEVEL|CUDA_VISIBLE_DEVICES|OMP_NUM_THREADS|TOKENIZERS_PARALLELISM|MPLBACKEND|GIT_AUTHOR_(?:NAME|EMAIL|DATE)|GIT_COMMITTER_(?:NAME|EMAIL|DATE)|GIT_TERMINAL_PROMPT|GIT_MERGE_AUTOEDIT|HUSKY|SKIP|UPDATE_SNAPSHOT|UPDATE_SNAPSHOTS|SOURCE_DATE_EPOCH|SEED|TEST_ENV|TEST_TIMEOUT|BASE_URL|API_URL|DEBIAN_FRONTEND|HEADLESS|PWDEBUG|VITEST|JEST_WORKER_ID|TS_NODE_TRANSPILE_ONLY|NEXT_TELEMETRY_DISABLED|DO_NOT_TRACK|NX_DAEMON|TURBO_FORCE|DOTNET_CLI_TELEMETRY_OPTOUT|DOTNET_ENVIRONMENT|ASPNETCORE_ENVIRONMENT|BROWSERSLIST|GENERATE_SOURCEMAP|(?:VITE|NEXT_PUBLIC|REACT_APP|CYPRESS|EXPO_PUBLIC)_[A-Z0-9_]+)$/;

// Search paths for modules of the project itself: their value is a list of paths, all judged.
const searchPath = /^PYTHONPATH$/;

/** Judges an assignment such as `NODE_ENV=test` in front of a command or behind `env`. */
export function inspectAssignment(word: Token, into: Inspection): void {
  const equals = word.value.indexOf('=');
  const name = word.value.slice(0, equals);
  const value = word.value.slice(equals + 1);
  if (searchPath.test(name)) {
    for (const part of value.split(':')) recordPossiblePaths({ value: part, span: word.span }, 'any', into);
  } else if (!harmless.test(name)) {
    into.object('shell.env.assignment', word, name);
  } else {
    recordPossiblePaths({ value, span: word.span }, 'any', into);
  }
}
