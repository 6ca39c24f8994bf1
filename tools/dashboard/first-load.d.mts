export const FIRST_LOAD_BYTES: number;
export function firstLoad(dist: string): { file: string; bytes: number }[];
