#!/usr/bin/env bash
# Installs what the tests need on Debian and starts what must run. Run as root; running it again is harmless.
# Usage: tools/provision-test-host.sh [ENV_FILE]
# Writes TEST_DATABASE_URL into ENV_FILE (mode 0600, made when not named) and prints its path as the last line.
set -euo pipefail

env_file=${1:-}
state_dir=/var/lib/clawforce-test-host
socket_dir=$state_dir/socket
data_dir=$state_dir/data

say() { printf 'provision: %s\n' "$*" >&2; }

if [ "$(id -u)" -ne 0 ]; then
  say 'run this as root: it installs packages and starts PostgreSQL'
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  say 'this script knows Debian only; install postgresql, bubblewrap, chromium, gcc, procps, iproute2 and curl by hand'
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
packages=(postgresql bubblewrap chromium gcc libc6-dev procps iproute2 curl)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  say "installing ${missing[*]}"
  apt_options=(-qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  apt-get "${apt_options[@]}" update </dev/null >&2
  apt-get "${apt_options[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >&2
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
