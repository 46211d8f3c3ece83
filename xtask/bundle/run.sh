#!/bin/sh
# Proves Hearth's kernels on an NVIDIA card and measures them; writes report.txt beside this file.
#
#   ./run.sh [DEVICE]      # cuda:0 if none is named; wgpu:0 needs a program built with it
#
# The host needs the driver, NVRTC and CUDA's headers: `./hearth doctor` says what is missing.
# The exit status is 0 only if every test has passed.
set -u
cd "$(dirname "$0")"
device="${1:-cuda:0}"
data="$(mktemp -d)"
trap 'rm -rf "$data"' EXIT
export HEARTH_TEST_DEVICE="$device" HEARTH_TEST_GOLDEN="$PWD/golden"
failed=0

report() {
    echo "== $*"
    "$@" 2>&1 || failed=1
}

everything() {
    date -u
    uname -sr
    nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv 2>&1
    echo "== ./hearth doctor"
    # It finds fault with a missing model, too, which is none here.
    ./hearth doctor --data "$data" 2>&1
    report ./kernels
    report ./gpt_oss golden_chat golden_tiny devices decode
    report ./hearth bench --random gpt-oss-20b --device "$device"
    report ./hearth bench --random gpt-oss-20b --device "$device" --prompt-tokens 2048
    report ./hearth bench --random gpt-oss-20b --device "$device" --prompt-tokens 128 --chats 64
    echo "== failed: $failed"
}

everything | tee report.txt
grep -q '^== failed: 0$' report.txt
