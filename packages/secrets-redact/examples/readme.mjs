import { createRedactor } from '@clawforce/secrets-redact';
import { randomBytes } from 'node:crypto';

const schema = { properties: { url: { type: 'string' }, api_key: { type: 'string', 'x-secret': true } } };
const redactor = createRedactor(schema, { key: randomBytes(32) }); // keep the key over restarts
const stored = { url: 'https://api.example.com', api_key: 'the real key' };

const shown = redactor.redact(stored, { configId: 'agent-1' });
console.log(shown); // api_key is a placeholder

const edited = { ...shown, url: 'https://other.example.com' };
console.log(redactor.restore(edited, { stored, configId: 'agent-1' })); // the real key is back
