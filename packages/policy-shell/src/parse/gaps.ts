import type { Command, Redirection, Script } from 'unbash';
import type { Finding } from '../rules/finding.js';

interface Place {
  readonly pos: number;
  readonly end: number;
}

const blank = 0x20;
const tab = 0x09;
// What joins commands, and comments, which begin behind a blank or such a sign.
const between = /(?:[ \t\n;&|]|(?<=^|[ \t\n;&|])#[^\n]*)*/y;

/**
 * Gives the objection to text that belongs to no word, redirection or sign of a list: the parser is tolerant and drops a `(` behind
 * the name of a command, and what it drops nobody has judged. For a script of simple commands in pipelines and lists.
 */
export function refuseGaps(text: string, script: Script): Finding | undefined {
  const bodies: Place[] = [];
  let end = 0;
  for (const { command: node } of script.commands)
    for (const part of node.type === 'AndOr' ? node.commands : [node])
      for (const command of part.type === 'Pipeline' ? part.commands : [part]) {
        if (command.type !== 'Command') continue;
        const [start, stop, unread] = readPlaces(text, command, bodies);
        const gap = unread ?? refuseBetween(text, end, start, bodies);
        if (gap) return gap;
        end = stop;
      }
  return refuseBetween(text, end, text.length, bodies);
}

// Gives where a command begins and ends, and the objection to anything but blanks between its words.
function readPlaces(
  text: string,
  { prefix, name, suffix }: Command,
  bodies: Place[],
): [start: number, end: number, gap?: Finding] {
  const all = name === undefined ? [...prefix, ...suffix] : [...prefix, name, ...suffix];
  const start = all[0]?.pos ?? 0;
  let end = start;
  for (const place of all) {
    for (let at = end; at < place.pos; at++) {
      const code = text.charCodeAt(at);
      if (code !== blank && code !== tab) return [start, end, unreadAt(text, at)];
    }
    end = place.end;
    // `< 2>o`: digits in front of a sign are its descriptor for a shell, so that the redirection before has no target.
    if (
      place.type === 'Redirect' &&
      /^[<>]/.test(text.slice(end, end + 1)) &&
      /^\d+$/.test(place.target?.text ?? '')
    )
      return [start, end, unreadAt(text, end)];
    if (place.type === 'HereDoc') bodies.push(placeOfBody(place));
  }
  return [start, end];
}

const placeOfBody = ({ body, closing }: Extract<Redirection, { type: 'HereDoc' }>): Place => ({
  pos: body.pos,
  end: closing?.end ?? body.end,
});

// The bodies of here-documents stand in front of the next line, in the order of their operators.
function refuseBetween(text: string, from: number, to: number, bodies: Place[]): Finding | undefined {
  let start = from;
  for (let body = bodies[0]; body && body.pos < to; body = bodies[0]) {
    const gap = refuseSigns(text, start, body.pos);
    if (gap) return gap;
    start = body.end;
    bodies.shift();
  }
  return refuseSigns(text, start, to);
}

function refuseSigns(text: string, from: number, to: number): Finding | undefined {
  if (from >= to) return undefined;
  between.lastIndex = from;
  between.test(text);
  return between.lastIndex >= to ? undefined : unreadAt(text, between.lastIndex);
}

const unreadAt = (text: string, at: number): Finding => ({
  rule: 'shell.syntax.parse-error',
  span: [at, at + 1],
  detail: `\`${text.slice(at, at + 1)}\` stands where no word does`,
});
