#!/usr/bin/env bash
# Runs the apps in headless Chromium beside pages that play the helpdesks. Installs what is missing (Debian's packages, as root).
#
# They ask a stand-in for Undertone, and the page of `undertone demo`, which is built here, asks the real one.
# A running service is asked as well when UNDERTONE_URL names it, with UNDERTONE_SOURCE,
# UNDERTONE_TOKEN and two of its tickets: UNDERTONE_TICKET (a deadline) and UNDERTONE_HURRIED_TICKET (asks for a corrected invoice in a
# hurry). UNDERTONE_FRESHDESK_SOURCE and so on go before these for the Freshdesk app, UNDERTONE_ZENDESK_SOURCE likewise.
# CHROMIUM names another browser than /usr/bin/chromium.
# Screenshots are left in artifacts/ beside this file.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
command -v node > /dev/null && command -v npm > /dev/null || missing+=(nodejs npm)
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium)
command -v python3 > /dev/null || missing+=(python3)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi
npm ci --no-audit --no-fund --silent
../../apps/package.sh
cargo build --quiet --manifest-path ../../Cargo.toml
rm -rf artifacts
files=(*.test.mjs)
[ -z "${UNDERTONE_URL:-}" ] || files+=(service.mjs)
# One file after the other: each has a browser of its own.
exec node --test --test-concurrency=1 "$@" "${files[@]}"
