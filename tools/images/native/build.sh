#!/bin/sh
# Runs in the first stage of apps/worker/Dockerfile: puts the native programs of a worker below $2, from what the
# context has in $1. Programs that the host has compiled already are taken as they are (then nothing is fetched);
# otherwise they are compiled here, with a compiler from Debian where the stage has none.
set -eu
context=$1
output=$2
case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *)
    echo "build.sh: no confinement helper for $(uname -m)" >&2
    exit 1
    ;;
esac
confine=$output/node_modules/@clawforce/policy-shell/dist/native/linux-$arch/clawforce-confine
probe=$output/bin/clawforce-drill-probe
mkdir -p "$(dirname "$confine")" "$(dirname "$probe")"

if [ -d "$context/prebuilt" ]; then
  cp "$context/prebuilt/clawforce-confine" "$confine"
  cp "$context/prebuilt/clawforce-drill-probe" "$probe"
else
  if ! command -v cc >/dev/null; then
    apt-get update
    apt-get install -y --no-install-recommends gcc libc6-dev
  fi
  # The flags are those of tools/confine/compile.mjs: one file, one flag a line.
  xargs cc -o "$confine" "$context"/confine/*.c <"$context/confine.flags"
  xargs cc -o "$probe" "$context/drill-probe.c" <"$context/probe.flags"
fi
chmod 0755 "$confine" "$probe"
