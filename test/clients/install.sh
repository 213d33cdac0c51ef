#!/bin/sh
# Installs the servers that the tests of clients start, where they are missing: PostgreSQL, Redis and NATS, from Debian's
# packages, and oauthlib from PyPI. Starts none. Where they cannot be installed it says so, and their tests are left out.
set -u
cd "$(dirname "$0")/../.."

python=node_modules/.cache/faucet-auth/python
PYTHONPATH=$python python3 -c 'import oauthlib, jwt, cryptography' 2> /dev/null ||
  python3 -m pip install --quiet --disable-pip-version-check --target "$python" 'oauthlib[signedtoken]==3.3.1' ||
  echo "not installed: oauthlib; the test against it is left out" >&2

needed=""
has() { command -v "$1" > /dev/null || [ -x "/usr/sbin/$1" ]; }
has redis-server || has valkey-server || needed="$needed redis-server"
has nats-server || needed="$needed nats-server"
has initdb || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || needed="$needed postgresql"
[ -n "$needed" ] || exit 0

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"

install() {
  has apt-get || return 1
  # What a package would start at its installation is not started: `invoke-rc.d` asks this policy.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" > /dev/null && $as_root chmod 755 "$policy" || return 1
    trap '$as_root rm -f "$policy"' EXIT
  fi
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of packages
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $needed > /dev/null
}

install || echo "not installed:$needed; the tests of their clients are left out" >&2
exit 0
