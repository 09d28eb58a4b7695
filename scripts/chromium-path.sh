#!/usr/bin/env bash
# Prints the path of a Chromium: the one that CHROMIUM names, one that is installed, or the distribution's own, which it installs.
set -eu
found() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name"; then return 0; fi
  done
  return 1
}
if found; then exit 0; fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
{
  "${as_root[@]}" apt-get update
  "${as_root[@]}" apt-get install --yes --no-install-recommends chromium fonts-dejavu-core
} >&2
found
