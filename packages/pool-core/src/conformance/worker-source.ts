/**
 * The worker that the conformance cases start, as the text of a CommonJS script: write it to a file (or into an
 * image) and start the pool with `node <file>`. `CONFORMANCE_BEHAVIOUR` picks what it does, `AGENT_ROOT` is where
 * it sees the agent's directory.
 */
export const conformanceWorkerSource = `'use strict';
const { spawn } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const say = (text) => process.stdout.write(text + '\\n');
const forever = () => setInterval(() => undefined, 1000);
const obey = () => process.on('SIGTERM', () => { say('asked to stop'); process.exit(0); });
const ignore = () => process.on('SIGTERM', () => say('ignoring SIGTERM'));
const beat = (name) => setInterval(() => {
  writeFileSync(join(process.env.AGENT_ROOT, 'workspace', name), String(Date.now()));
}, 25);
const child = (behaviour, detached) => spawn(process.execPath, [__filename], {
  detached,
  stdio: 'ignore',
  env: { ...process.env, CONFORMANCE_BEHAVIOUR: behaviour },
});
const behaviours = {
  idle: () => { obey(); forever(); say('ready'); },
  stubborn: () => { ignore(); forever(); say('ready'); },
  family: () => { obey(); forever(); child('heart-group', false); child('heart-session', true); say('ready'); },
  'stubborn-family': () => {
    ignore(); forever(); child('heart-group', false); child('heart-session', true); say('ready');
  },
  'heart-group': () => { ignore(); beat('beat-group'); },
  'heart-session': () => { ignore(); beat('beat-session'); },
  crash: () => { process.stderr.write('about to crash\\n'); process.exitCode = 7; },
  chatty: () => {
    for (let line = 1; line <= 50; line += 1) say('line ' + line);
    process.stderr.write('a word on stderr\\n');
    let tick = 0;
    setInterval(() => say('tick ' + (tick += 1)), 50);
    obey();
  },
  environment: () => { obey(); forever(); say(JSON.stringify(process.env)); },
};
behaviours[process.env.CONFORMANCE_BEHAVIOUR]();
`;
