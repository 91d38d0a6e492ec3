#!/usr/bin/env bash
# Load check: webhooks acknowledged per second and how fast, on this machine, with a private durable Postgres,
# the worker at work beside it in shadow mode. Needs wrk and python3. usage: benches/load/run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
[ -n "${SKIP_BUILD:-}" ] || cargo build --release --quiet
home=$(mktemp -d)
chmod 755 "$home"
secret=load-check-webhook-secret
cat > "$home/undertone.toml" <<TOML
listen = "127.0.0.1:8499"
data_dir = "$home/data"
[[source]]
name = "load"
kind = "zendesk"
base_url = "http://127.0.0.1:9"
webhook_secrets = ["LOAD_SECRET"]
credentials = { email = "a@example.com", api_token = "LOAD_TOKEN" }
mode = "shadow"
time_zone = "Europe/Copenhagen"
TOML
LOAD_SECRET=$secret LOAD_TOKEN=not-used-here UNDERTONE_LOG=error target/release/undertone serve --config "$home/undertone.toml" &
service=$!
trap 'kill $service 2>/dev/null; wait $service 2>/dev/null; rm -rf "$home"' EXIT
until curl -sf http://127.0.0.1:8499/readyz >/dev/null; do sleep 0.1; done
url=http://127.0.0.1:8499/webhooks/load
sql() { psql -h "$home/data/socket" -U undertone postgres -Atc "$1"; }
run() { # name, connections, count of presigned webhooks, wrk's further options
    python3 "$here/presign.py" "$secret" "$3" "$4" > "$home/signed.tsv"
    printf '\n== %s\n' "$1"
    wrk -t1 -c"$2" -d"$5"s --latency -s "$here/post.lua" "$url" -- "$home/signed.tsv" 1 | grep -E 'requests in|Requests/sec|50%|99%|Non-2xx' || true
}
printf '\n== 300 a second\n'
python3 "$here/presign.py" "$secret" 3000 1 > "$home/signed.tsv"
python3 "$here/paced.py" "$url" "$home/signed.tsv" 300 10
run "as fast as it goes, 32 connections" 32 80000 1000000 10
run "as fast as it goes, 8 connections" 8 80000 2000000 10
printf '\nkept: %s, waiting: %s\n' "$(sql 'select count(*) from delivery')" "$(sql "select count(*) from delivery where state = 'waiting'")"
start=$(date +%s)
before=$(sql "select count(*) from delivery where state <> 'waiting'")
sleep 10
after=$(sql "select count(*) from delivery where state <> 'waiting'")
printf 'worked off per second, nothing arriving: %s\n' "$(( (after - before) / ($(date +%s) - start) ))"
ps -o rss= -p $service | awk '{printf "resident: %.0f MB\n", $1 / 1024}'
