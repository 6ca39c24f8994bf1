export type TestKind = 'unit' | 'integration' | 'engine' | 'e2e' | 'clone';
export declare const TEST_KINDS: readonly TestKind[];
export declare const CLONE_TEST: string;
export declare function testKind(path: string): TestKind;
export declare function engineProblem(path: string, source: string): string | undefined;
