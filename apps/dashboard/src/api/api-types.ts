import type { components } from './generated/api.js';

type Schemas = components['schemas'];

/** An agent as the API shows it. */
export type Agent = Schemas['Agent'];
/** Who is signed in. */
export type Me = Schemas['Me'];
/** A session of the person. */
export type Session = Schemas['Session'];
/** A policy decision. */
export type Decision = Schemas['Decision'];
/** A decision with what the gate adds. */
export type GateRecord = Schemas['GateRecord'];
/** A line of an agent's activity; its `id` is the cursor. */
export type Activity = Schemas['Activity'];
/** What needs a person. */
export type Now = Schemas['Now'];
/** A message on its way to an agent. */
export type Message = Schemas['Message'];
/** One entry of a conversation. */
export type SessionEntry = Schemas['SessionEntry'];
/** A file or directory in the tree of a workspace. */
export type TreeEntry = Schemas['TreeEntry'];
/** A row of the audit log. */
export type AuditRow = Schemas['AuditRow'];
/** What this server runs agents with. */
export type RuntimeInfo = Schemas['RuntimeInfo'];
/** An agent's configuration; secrets are placeholders. */
export type AgentConfig = Schemas['AgentConfig'];
/** One of the three security presets, with what this server can start. */
export type SecurityPreset = Schemas['SecurityPreset'];
/** A line that a worker printed. */
export type LogLine = Schemas['LogLine'];
/** A drill: a disposable worker, and what was tried in it. */
export type Drill = Schemas['Drill'];
/** One attempt of a drill. */
export type DrillRow = Drill['rows'][number];
