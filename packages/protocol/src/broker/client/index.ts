export { createBrokerClient } from './broker-client.js';
export type { BrokerClient, BrokerClientOptions, WebPage } from './broker-client.js';
export { BROKER_CLIENT_ERRORS, BrokerError } from './broker-error.js';
export type { BrokerErrorCode } from './broker-error.js';
export type { BrokerTarget, BrokerTimeouts } from './broker-request.js';
export type { Completion, Usage } from './completion-reader.js';
