import type { AccessMatrix, Resource } from '../access-matrix.js';
import { createAuthorizer } from '../authorizer.js';

/**
 * Gives the table that people review: what each role may do with its own, with another's and with an unowned object, asked
 * of a real authorizer cell by cell. `yes/no` cells stand for allow and deny; the scope stands for actions without object.
 */
export function renderMatrix(matrix: AccessMatrix): string {
  const authorizer = createAuthorizer(matrix);
  const roles = Object.keys(matrix.roles);
  const cell = (role: string, action: string, on: string): string => {
    const principal = { id: 'u1', role };
    if (on === 'none') {
      const { effect } = authorizer.can(principal, action);
      return effect === 'allow' ? `allow (${authorizer.scope(principal, action)})` : '-';
    }
    const objects: Record<string, Resource> = {
      own: { type: on, id: 'x1', ownerId: 'u1' },
      other: { type: on, id: 'x1', ownerId: 'u2' },
      unowned: { type: on, id: 'x1', ownerId: null },
      self: { type: on, id: 'u1', ownerId: 'u2' },
    };
    const reached = Object.keys(objects).filter(
      (name) => authorizer.can(principal, action, objects[name]).effect === 'allow',
    );
    return reached.join(' ') || '-';
  };
  const rows = Object.entries(matrix.actions).map(
    ([action, { on }]) =>
      `| ${action} | ${on} | ${roles.map((role) => cell(role, action, on)).join(' | ')} |`,
  );
  return [
    `| action | on | ${roles.join(' | ')} |`,
    `| --- | --- | ${roles.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
  ].join('\n');
}
