import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type RouterHistory,
} from '@tanstack/react-router';
import { AgentLayout } from '../agent/agent-layout.js';
import { Loading } from '../components/loading.js';
import { NotFoundPage } from './not-found-page.js';
import { PageFailed } from './page-failed.js';
import { SessionGate } from './session-gate.js';
import { readSearch, textSearch, writeSearch } from './text-search.js';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: textSearch('to'),
  component: lazyRouteComponent(() => import('../login/login-page.js'), 'LoginPage'),
});
const claim = createRoute({
  getParentRoute: () => root,
  path: '/claim',
  component: lazyRouteComponent(() => import('../claim/claim-page.js'), 'ClaimPage'),
});

/** Everything below needs a session. */
const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SessionGate });
const now = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('../now/now-page.js'), 'NowPage'),
});
const fleet = createRoute({
  getParentRoute: () => signedIn,
  path: '/fleet',
  validateSearch: textSearch('q', 'status', 'sort', 'create'),
  component: lazyRouteComponent(() => import('../fleet/fleet-page.js'), 'FleetPage'),
});
const playground = createRoute({
  getParentRoute: () => signedIn,
  path: '/playground',
  validateSearch: textSearch('agent', 'tool', 'input'),
  component: lazyRouteComponent(() => import('../playground/playground-page.js'), 'PlaygroundPage'),
});
const drills = createRoute({
  getParentRoute: () => signedIn,
  path: '/drill',
  validateSearch: textSearch('agent', 'level'),
  component: lazyRouteComponent(() => import('../drill/drills-page.js'), 'DrillsPage'),
});
const drillReport = createRoute({
  getParentRoute: () => signedIn,
  path: '/drill/$drillId',
  validateSearch: textSearch('show', 'layer'),
  component: lazyRouteComponent(() => import('../drill/drill-report-page.js'), 'DrillReportPage'),
});
const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/audit',
  validateSearch: textSearch('kind', 'agent', 'actor', 'effect', 'rule', 'since', 'until', 'row'),
  component: lazyRouteComponent(() => import('../audit/audit-page.js'), 'AuditPage'),
});
const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('../account/account-page.js'), 'AccountPage'),
});

const agent = createRoute({
  getParentRoute: () => signedIn,
  path: '/agents/$agentId',
  component: AgentLayout,
});
const agentIndex = createRoute({
  getParentRoute: () => agent,
  path: '/',
  beforeLoad: ({ params }) => {
    redirect({ to: '/agents/$agentId/chat', params, replace: true, throw: true });
  },
});
const chat = createRoute({
  getParentRoute: () => agent,
  path: '/chat',
  validateSearch: textSearch('session'),
  component: lazyRouteComponent(() => import('../agent/chat/chat-page.js'), 'ChatPage'),
});
const activity = createRoute({
  getParentRoute: () => agent,
  path: '/activity',
  validateSearch: textSearch('only', 'event'),
  component: lazyRouteComponent(() => import('../agent/activity/activity-page.js'), 'ActivityPage'),
});
const workspace = createRoute({
  getParentRoute: () => agent,
  path: '/workspace',
  validateSearch: textSearch('path'),
  component: lazyRouteComponent(() => import('../agent/workspace/workspace-page.js'), 'WorkspacePage'),
});
const logs = createRoute({
  getParentRoute: () => agent,
  path: '/logs',
  component: lazyRouteComponent(() => import('../agent/logs/logs-page.js'), 'LogsPage'),
});
const settings = createRoute({
  getParentRoute: () => agent,
  path: '/settings',
  validateSearch: textSearch('section'),
  component: lazyRouteComponent(() => import('../agent/settings/settings-page.js'), 'SettingsPage'),
});

const routeTree = root.addChildren([
  login,
  claim,
  signedIn.addChildren([
    now,
    fleet,
    playground,
    drills,
    drillReport,
    audit,
    account,
    agent.addChildren([agentIndex, chat, activity, workspace, logs, settings]),
  ]),
]);

/** Makes the router of this tab; tests give a history of their own. */
export function createAppRouter(history: RouterHistory = createBrowserHistory()) {
  return createRouter({
    routeTree,
    history,
    parseSearch: readSearch,
    stringifySearch: writeSearch,
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Loading what="the page" />,
    defaultErrorComponent: PageFailed,
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
