export { LINK_CODES, LINK_PATH, LINK_PROTOCOL } from './frames.js';
export { LINK_LIMITS } from './limits.js';
export {
  readCommandReport,
  readDelta,
  readEventBatch,
  readHeartbeat,
  readHello,
  readLinkAuth,
  readLinkRequest,
  readOutboxItem,
} from './validate/worker-frames.js';
export {
  readAck,
  readBye,
  readCommand,
  readLinkResponse,
  readNack,
  readWelcomeAnswer,
  readWorkerConfig,
} from './validate/control-plane-frames.js';
export type { CommandReading } from './validate/control-plane-frames.js';
