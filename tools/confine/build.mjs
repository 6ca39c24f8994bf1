import { ensureConfineHelper } from './ensure-helper.mjs';

if (process.platform !== 'linux') {
  console.log('confine: Landlock is a part of Linux; there is nothing to build here');
} else {
  try {
    const output = ensureConfineHelper();
    console.log(
      output === undefined
        ? 'confine: no C compiler that links statically, so no Landlock helper (apt-get install gcc libc6-dev, better musl-tools)'
        : `confine: ${output} is built and current`,
    );
  } catch (error) {
    // Where commands cannot be confined the product says so and refuses them; a start does not end over it.
    console.error(`confine: no Landlock helper: ${error.message}`);
    if (process.env.CLAWFORCE_TEST_REQUIRE) process.exitCode = 1;
  }
}
