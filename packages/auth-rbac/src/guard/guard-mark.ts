const key = Symbol.for('@clawforce/auth-rbac/guard');

/** What a guard says about its route. */
export type GuardMark = { readonly action: string } | { readonly public: string };

/** Marks a middleware as a guard. */
export function markGuard<H extends object>(handler: H, what: GuardMark): H {
  return Object.defineProperty(handler, key, { value: Object.freeze(what) });
}

/** Gives what a middleware says about its route, or undefined when it is no guard. */
export function guardMarkOf(handler: unknown): GuardMark | undefined {
  return typeof handler === 'function'
    ? (handler as unknown as Record<symbol, GuardMark | undefined>)[key]
    : undefined;
}
