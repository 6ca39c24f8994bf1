export { LINK_CODES, LINK_PATH, LINK_PROTOCOL } from './link/frames.js';
export type {
  Ack,
  ActivityEvent,
  ActivityType,
  Bye,
  Command,
  CommandBody,
  CommandReport,
  CommandResult,
  ControlPlaneToWorker,
  Delta,
  EgressFacts,
  EventBatch,
  GateRecord,
  Hello,
  LinkAuth,
  LinkCode,
  LinkRequest,
  LinkResponse,
  Nack,
  OutboxItem,
  SessionEntry,
  ToolCall,
  Welcome,
  WorkerToControlPlane,
} from './link/frames.js';
export { BROKER_ROUTES, SOCKET_NAMES, WEB_HEADERS, WEB_MEDIA_TYPES } from './broker/contract.js';
export type {
  BrokerErrorBody,
  ChatCompletionChunk,
  ChatCompletionRequest,
  ChatMessage,
  ChatTool,
  ChatToolCall,
  WebFetchRequest,
} from './broker/contract.js';
export type { WorkerConfig } from './config/worker-config.js';
