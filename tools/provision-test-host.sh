#!/usr/bin/env bash
# Installs what the tests need on Debian and starts what must run. Run as root; running it again is harmless.
# Usage: tools/provision-test-host.sh [ENV_FILE]
# Writes TEST_DATABASE_URL into ENV_FILE (mode 0600, made when not named) and prints its path as the last line.
# PostgreSQL and a Docker engine that it starts are left running; their process ids are in the state directory.
set -euo pipefail

env_file=${1:-}
state_dir=/var/lib/clawforce-test-host
socket_dir=$state_dir/socket
data_dir=$state_dir/data

say() { printf 'provision: %s\n' "$*" >&2; }

if [ "$(id -u)" -ne 0 ]; then
  say 'run this as root: it installs packages and starts PostgreSQL and Docker'
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  say 'this script knows Debian only; install postgresql, bubblewrap, chromium, gcc, procps, iproute2, curl, git, docker.io, docker-compose and busybox-static by hand'
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
packages=(postgresql bubblewrap chromium gcc libc6-dev musl-tools gcc-aarch64-linux-gnu libc6-dev-arm64-cross procps iproute2 curl git docker.io docker-compose iptables busybox-static python3-minimal libpython3-stdlib)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  say "installing ${missing[*]}"
  apt_options=(-qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  apt-get "${apt_options[@]}" update </dev/null >&2
  apt-get "${apt_options[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >&2
  # Debian 13 and later have the command in a package of its own, which the engine only recommends.
  command -v docker >/dev/null || apt-get "${apt_options[@]}" install -y --no-install-recommends docker-cli </dev/null >&2
fi

# A cluster of its own, so that a PostgreSQL that the host uses for something else is never touched. Two runs at
# once wait for each other here.
mkdir -p "$state_dir"
exec 9>"$state_dir/lock"
flock 9

bin_dir=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -type d -name bin | sort -V | tail -n 1)
as_postgres() { (cd / && exec runuser -u postgres -- "$@" 9>&-); }
server_runs() { as_postgres "$bin_dir/pg_ctl" -D "$data_dir" status >/dev/null 2>&1; }
free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  say 'found no free port'
  return 1
}

if ! server_runs; then
  say 'starting a throw-away PostgreSQL cluster'
  rm -rf "$data_dir" "$socket_dir"
  install -d -o postgres -g postgres -m 0700 "$data_dir" "$socket_dir"
  as_postgres "$bin_dir/initdb" -D "$data_dir" -E UTF8 --locale=C.UTF-8 \
    --auth-local=peer --auth-host=scram-sha-256 >/dev/null
  # Durability buys nothing here; speed does.
  cat >>"$data_dir/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $(free_port)
unix_socket_directories = '$socket_dir'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
CONF
  as_postgres "$bin_dir/pg_ctl" -D "$data_dir" -w -t 60 -l "$data_dir/server.log" start </dev/null >/dev/null
fi

# A Docker engine, unless one answers already (DOCKER_HOST counts).
engine_answers() { timeout 20 docker info >/dev/null 2>&1; }
# A file that outlived its process must not name a stranger that got the same number.
forget_stale_pid() {
  local pid
  pid=$(cat "$1" 2>/dev/null || true)
  if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null || true)" != "$2" ]; then rm -f "$1"; fi
}
prepare_cgroups() {
  [ -f /sys/fs/cgroup/cgroup.controllers ] || return 0
  if grep -qw memory /sys/fs/cgroup/cgroup.subtree_control; then return 0; fi
  # Inside a container with cgroup v2 the root group must be empty before it can hand controllers down.
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
  sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}
# What the tests of an interrupted run left behind. The engine was down, so none of it is in use.
forget_leftovers() {
  docker container ls -aq --filter label=clawforce.owner | xargs -r docker container rm -f >/dev/null
  docker network ls -q --filter label=clawforce.owner | xargs -r docker network rm >/dev/null
}
start_engine() {
  local pid log=$state_dir/dockerd.log pid_file=$state_dir/dockerd.pid
  forget_stale_pid "$pid_file" dockerd
  forget_stale_pid /var/run/docker/containerd/containerd.pid containerd
  prepare_cgroups
  # A session of its own: an interrupt that ends the tests must not end the engine below other tests.
  # Each agent has a network of its own, and the engine's default pools hold about thirty.
  setsid dockerd --pidfile "$pid_file" --log-level warn --default-address-pool base=10.213.0.0/16,size=27 </dev/null >"$log" 2>&1 9>&- &
  pid=$!
  for _ in $(seq 120); do
    if engine_answers; then
      forget_leftovers
      return 0
    fi
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.5
  done
  say 'the Docker engine did not start; the end of its log:'
  tail -n 20 "$log" >&2
  return 1
}
if ! engine_answers; then
  say 'starting a Docker engine'
  start_engine
fi
if command -v node >/dev/null; then
  node "$(dirname "${BASH_SOURCE[0]}")/images/base-image.mjs" 9>&- >&2
fi

# The fourth and fifth lines of postmaster.pid are the port and the socket directory.
port=$(sed -n 4p "$data_dir/postmaster.pid")
random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
name=clawforce_test_$(random_hex 6)
password=$(random_hex 24)
as_postgres psql -X -q -v ON_ERROR_STOP=1 -h "$socket_dir" -p "$port" -d postgres >&2 <<SQL
CREATE ROLE $name LOGIN CREATEDB PASSWORD '$password';
CREATE DATABASE $name OWNER $name;
SQL

if [ -z "$env_file" ]; then
  env_file=$(mktemp "${TMPDIR:-/tmp}/clawforce-test-env.XXXXXX")
fi
(umask 077 && : >"$env_file")
chmod 0600 "$env_file"
printf 'TEST_DATABASE_URL=%s\n' "postgresql://$name:$password@127.0.0.1:$port/$name" >"$env_file"
say "PostgreSQL listens on 127.0.0.1:$port, database $name is empty"
printf '%s\n' "$env_file"
