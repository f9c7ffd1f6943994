#!/usr/bin/env bash
# Installs what the interop tests run against, from Debian's packages: engines, a tracker and a browser. Does nothing
# where they are there already. Debian's libtorrent module belongs to /usr/bin/python3, which need not be the first
# on the path.
set -euo pipefail

packages=(python3-libtorrent transmission-daemon aria2 opentracker chromium iproute2 procps)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  options=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 --quiet=2)
  "${as_root[@]}" apt-get "${options[@]}" update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get "${options[@]}" install --yes --no-install-recommends "${missing[@]}"
fi

/usr/bin/python3 -c 'import libtorrent; print("libtorrent", libtorrent.version)'
transmission-daemon --version 2>&1
aria2c --version | head -n 1
chromium --version
