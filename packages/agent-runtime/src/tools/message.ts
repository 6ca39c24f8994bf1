import { text, type ToolRunner } from './tool-context.js';

/** Sends a message to the present conversation. */
export const message: ToolRunner = async (args, context) => {
  await context.say(text(args, 'content'));
  return { status: 'ok', output: 'Sent.' };
};
