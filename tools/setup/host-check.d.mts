export function hostProblem(nodeVersion: string, platform: string): string | undefined;
