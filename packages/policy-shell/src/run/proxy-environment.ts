/** Gives the variables by which common programs find an HTTP proxy on a loopback port. */
export function proxyEnvironment(port: number): Readonly<Record<string, string>> {
  const address = `http://127.0.0.1:${port}`;
  return {
    // curl reads http_proxy in small letters only (httpoxy, CVE-2016-5385).
    http_proxy: address,
    https_proxy: address,
    HTTP_PROXY: address,
    HTTPS_PROXY: address,
    ALL_PROXY: address,
    all_proxy: address,
    no_proxy: '',
    NO_PROXY: '',
    // Node reads the variables above only when told to.
    NODE_USE_ENV_PROXY: '1',
  };
}
