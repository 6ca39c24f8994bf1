/** What `npm start` hands to the server. */
export interface StartChoice {
  readonly said: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** See choose-backend.mjs. */
export function chooseBackend(
  configured: string | undefined,
  options?: {
    readonly docker?: string;
    readonly image?: (options: {
      readonly docker: string;
      readonly say: (sentence: string) => void;
    }) => Promise<string>;
  },
): Promise<StartChoice>;
