/** Names below /etc that programs need and that hold nothing about this host worth hiding. */
export const sharedEtc: readonly string[] = [
  'alternatives', 'ca-certificates', 'ca-certificates.conf', 'fonts', 'java-17-openjdk', 'java-21-openjdk',
  'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'localtime', 'magic', 'magic.mime', 'mime.types', 'nsswitch.conf',
  'os-release', 'pki/tls/certs', 'protocols', 'python3', 'services', 'ssl/certs', 'ssl/openssl.cnf', 'timezone',
  'terminfo', 'xml',
]; // prettier-ignore

/** Directories of programs and libraries besides /usr; on most systems links into it. */
export const systemDirectories: readonly string[] = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
