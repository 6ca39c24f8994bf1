/** What the demo agent finds in its workspace and profile. */
export const DEMO_FILES: Readonly<Record<string, string>> = Object.freeze({
  'workspace/sales.csv': `order,region,product,revenue
1001,north,rope,120
1002,south,anchor,480
1003,north,lantern,75
1004,west,rope,60
1005,south,rope,240
1006,west,compass,310
1007,north,anchor,480
1008,east,lantern,150
`,
  'workspace/README.md': `# The demo agent's workspace

Send any message: the agent reads sales.csv, writes report.md, and then plays ten attacks that a hijacked model might
try. Every one of them is refused; the reasons are in its activity and in the audit log.

A message with "report" plays the job alone, one with "attack" the attacks alone.
`,
  'profiles/SOUL.md': `You are the demo agent of Clawforce. Your script is in providers.demo.script of your configuration.
`,
});

/** The link that leads out of the workspace, as somebody with access to the directory may have planted it. */
export const DEMO_LINK = Object.freeze({ path: 'shortcut', target: '/etc' });
