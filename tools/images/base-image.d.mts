/** How {@link ensureBaseImage} works. */
export interface BaseImageOptions {
  /** The Node that goes into the image; default: the running one. */
  readonly node?: string;
  /** Further programs, with their shared objects, for example `/usr/bin/python3`. */
  readonly programs?: readonly string[];
  /** Directories that these programs need, by their path on this host. */
  readonly directories?: readonly string[];
  /** The docker command line. */
  readonly docker?: string;
  /** Takes one sentence when there is something to build. */
  readonly say?: (sentence: string) => void;
}

/**
 * Makes, without any registry, a small image with the Node in use and busybox, and gives its tag. The tag holds the
 * hash of what goes in, so an image that is there already is used again.
 */
export function ensureBaseImage(options?: BaseImageOptions): Promise<string>;
