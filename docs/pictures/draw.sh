#!/usr/bin/env bash
# Draws the pictures of this folder anew: charts by the program, pages as Chromium shows them.
#
#   bash docs/pictures/draw.sh
#
# CACHESTORM names the program, if not the one of `cargo build --release`; CACHESTORM_BROWSER the browser, if not the
# first of those below that is in the PATH.
set -euo pipefail
pictures="$(cd "$(dirname "$0")" && pwd)"
cd "$pictures/../.."

if [ -z "${CACHESTORM:-}" ]; then
    cargo build --release
    CACHESTORM=target/release/cachestorm
fi
browser="${CACHESTORM_BROWSER:-}"
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$browser" ] || browser="$(command -v "$name" || true)"
done
[ -n "$browser" ] || { echo "no browser found: name one in CACHESTORM_BROWSER" >&2; exit 2; }

out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT

# Runs the program; that an objective is missed (99) is what these scenarios are about.
simulate() {
    "$CACHESTORM" "$@" --quiet --fresh --out "$out" >/dev/null || [ $? -eq 99 ]
}

# chart RESULTS CHART NAME
chart() {
    cp "$out/$1/charts/$2.png" "$pictures/$3.png"
}

# page RESULTS NAME WIDTH HEIGHT [OPTION…]
page() {
    "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$out/browser" \
        --window-size="$3,$4" --screenshot="$pictures/$2.png" "${@:5}" "file://$out/$1/report.html" 2>/dev/null
}

simulate run thundering-herd
chart thundering-herd database-queue thundering-herd
chart thundering-herd timeline run-timeline
chart thundering-herd latency-distribution run-latency-distribution
chart thundering-herd headroom run-headroom
chart thundering-herd hot-keys run-hot-keys

simulate compare thundering-herd --variant single-flight --variant jitter
chart thundering-herd.compare timeline compare-timeline
chart thundering-herd.compare staleness-distribution compare-staleness
simulate compare thundering-herd --variant single-flight --variant jitter --measure 'client.latency_p*' \
    --measure client.error_ratio --measure database.load_rate_mean_per_s
chart thundering-herd.compare measures compare-measures
simulate compare thundering-herd
page thundering-herd.compare report-light 1200 1500 --blink-settings=preferredColorScheme=1
page thundering-herd.compare report-dark 1200 1500 --blink-settings=preferredColorScheme=0
page thundering-herd.compare report-phone 390 1200 --blink-settings=preferredColorScheme=1

simulate sweep thundering-herd --vary database.workers=8..40:9 --vary redis.ttl=5s,10s,20s \
    --measure 'client.*_ratio'
chart thundering-herd.sweep client.error_ratio sweep-curves
chart thundering-herd.sweep client.error_ratio.map sweep-map

simulate plan thundering-herd --variant together --find database.workers=2..40 --least
chart thundering-herd.plan client.latency_p99_seconds plan-curve
page thundering-herd.plan report-plan 1200 1300 --blink-settings=preferredColorScheme=1
