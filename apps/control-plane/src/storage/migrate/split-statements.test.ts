import { expect, test } from 'vitest';
import { splitStatements } from './split-statements.js';

test.each([
  ['a; b;\n c', ['a', 'b', 'c']],
  ['-- x; y\na -- z;\n;', ['a']],
  ['/* ; */ a /* ; \n ; */; b', ['a', 'b']],
  [`insert ';' , 'it''s; fine' ; b`, [`insert ';' , 'it''s; fine'`, 'b']],
  ['create "odd;""name" ; b', ['create "odd;""name"', 'b']],
  ['do $$ begin; end; $$; b', ['do $$ begin; end; $$', 'b']],
  ['do $f$ a; $$; $f$; b', ['do $f$ a; $$; $f$', 'b']],
  ['a - b / c; d', ['a - b / c', 'd']],
  [' ;; \n', []],
])('%j is cut at its statement ends only', (script, statements) => {
  expect(splitStatements(script)).toEqual(statements);
});
