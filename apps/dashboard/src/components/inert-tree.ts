import { inertString } from './inert-parts.js';

/** A node of a parsed text, as far as it matters here; see `hast`. */
export interface ShownNode {
  value?: string;
  readonly properties?: Record<string, unknown>;
  readonly children?: readonly ShownNode[];
}

/** Names the invisible and misleading characters in all text of a tree, also those that were written as references. */
export function inertTree(root: ShownNode): void {
  const open: ShownNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.value !== undefined) node.value = inertString(node.value);
    if (node.properties) {
      const { alt } = node.properties;
      if (typeof alt === 'string') node.properties['alt'] = inertString(alt);
      // Shown nowhere, and each reference to a definition repeats it.
      delete node.properties['title'];
    }
    for (const child of node.children ?? []) open.push(child);
  }
}
