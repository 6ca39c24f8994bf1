/** Makes a project in `alone` that holds one library of `project` with nothing but what it declares; gives the problem. */
export function installAlone(
  library: { readonly name: string },
  project: string,
  alone: string,
): string | undefined;
