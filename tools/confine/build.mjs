import { ensureConfineHelper } from './ensure-helper.mjs';

if (process.platform !== 'linux') {
  console.log('confine: Landlock is a part of Linux; there is nothing to build here');
} else {
  const output = ensureConfineHelper();
  console.log(
    output === undefined
      ? 'confine: no C compiler, so no Landlock helper (apt-get install gcc libc6-dev, better musl-tools)'
      : `confine: ${output} is built and current`,
  );
}
