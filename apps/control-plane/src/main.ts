#!/usr/bin/env node
import { runCli } from './cli/run-cli.js';

// A reader that has seen enough, such as `head`, ends the command, and nobody is there to be told why.
process.stdout.on('error', () => process.exit(1));

process.exitCode = await runCli(process.argv.slice(2));
