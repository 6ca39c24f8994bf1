/** One instruction of classic BPF: code, jump if true, jump if false, constant. */
export type BpfInstruction = readonly [code: number, jt: number, jf: number, k: number];

/** A system call as a filter sees it. */
export interface SystemCall {
  readonly architecture: number;
  readonly number: number;
  /** Six arguments of 64 bits; missing ones are 0. */
  readonly args?: readonly bigint[];
}

const auditArchitecture = { x86_64: 0xc000003e, aarch64: 0xc00000b7 } as const;

/** `AUDIT_ARCH_*` of an architecture. */
export const auditArchitectures: Readonly<Record<'x86_64' | 'aarch64', number>> = auditArchitecture;

/**
 * Runs a system call filter as the kernel would and gives its verdict: `allow`, `kill`, or the number of an error. Written
 * apart from the helper, so that a filter for another architecture than this machine's is judged too.
 */
export function runFilter(program: readonly BpfInstruction[], call: SystemCall): 'allow' | 'kill' | number {
  const data = new DataView(new ArrayBuffer(64));
  data.setInt32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  for (const [at, value] of (call.args ?? []).entries()) data.setBigUint64(16 + 8 * at, value, true);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const instruction = program[at];
    if (!instruction) throw new Error('the filter runs off its end');
    const [code, jt, jf, k] = instruction;
    if (code === 0x20) accumulator = data.getUint32(k, true);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x25) at += accumulator > k ? jt : jf;
    else if (code === 0x45) at += (accumulator & k) !== 0 ? jt : jf;
    else if (code === 0x06) return verdict(k);
    else throw new Error(`the filter holds the unknown instruction ${code}`);
  }
}

function verdict(value: number): 'allow' | 'kill' | number {
  if (value === 0x7fff0000) return 'allow';
  if (value === 0x80000000) return 'kill';
  if (value >>> 16 === 5) return value & 0xffff;
  throw new Error(`the filter answers ${value}`);
}
