#!/usr/bin/env bash
# Builds the image without a Docker engine, runs it as a hospital would (no network, read-only root, no capabilities,
# another user), and compares its rows with those of this machine.
#   docker/verify.sh RUN_OR_BUNDLE [FOLDER_OF_RADIOGRAPHS]
# Needs the verifying tool and real radiographs below XRAY_SHARED (default ../shared), buildah, podman, crun and
# debootstrap; skips where one of them is missing.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
shared=$(realpath "${XRAY_SHARED:-$project/../shared}" 2>/dev/null || true)
tool=$shared/tools/verify_docker.sh
skip() { echo "skipped: $1"; exit 0; }

[ $# -ge 1 ] || { echo "usage: docker/verify.sh RUN_OR_BUNDLE [FOLDER_OF_RADIOGRAPHS]" >&2; exit 2; }
model=$(realpath "$1")
input=$(realpath "${2:-$shared/data/rsna_pneumonia/stage_2_train_images}" 2>/dev/null || true)
[ -f "$tool" ] || skip "$tool is missing"
[ -d "$input" ] || skip "no radiographs to run on"
for program in buildah podman crun debootstrap xray-predict; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== the image, on $(find "$input" -type f | wc -l) files"
mkdir "$work/container"
bash "$tool" "$project" -i "$input" -o "$work/container" -v "$model:/model:ro" -- \
    /input --model /model --output /output --formats csv json --overlay --precision fp32 >"$work/log" 2>&1 \
    || { tail -40 "$work/log" >&2; exit 1; }
grep -E '^(==|[0-9]+ files)' "$work/log"

echo "== this machine"
xray-predict "$input" --model "$model" --output "$work/host" --formats csv json --overlay --precision fp32

# The folder differs, the rows must not.
rows() { sed "s#^$2/##" "$1/predictions.csv"; }
diff <(rows "$work/container" /input) <(rows "$work/host" "$input") && echo "rows equal: $(wc -l < "$work/host/predictions.csv") lines"
diff <(ls "$work/container/overlays") <(ls "$work/host/overlays") >/dev/null && echo "overlays equal: $(ls "$work/host/overlays" | wc -l) pictures"
