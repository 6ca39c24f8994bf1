export function sameTree(lock: string, hidden: string): boolean;
export function isInstalled(root: string): boolean;
export function markInstalled(root: string): void;
