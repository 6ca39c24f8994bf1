import { inertString } from './inert-parts.js';

/** A node of a parsed text, as far as it matters here; see `hast`. */
export interface ShownNode {
  value?: string;
  readonly properties?: Record<string, unknown>;
  readonly children?: readonly ShownNode[];
}

/** Properties that a person reads or hears. */
const READ = ['alt', 'title'];

/** Names the invisible and misleading characters in all text of a tree, also those that were written as references. */
export function inertTree(root: ShownNode): void {
  const open: ShownNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.value !== undefined) node.value = inertString(node.value);
    for (const name of READ) {
      const text = node.properties?.[name];
      if (node.properties && typeof text === 'string') node.properties[name] = inertString(text);
    }
    for (const child of node.children ?? []) open.push(child);
  }
}
