# shellcheck shell=bash
# What the checks share; sourced by each. It leaves them in the root of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "error: $*" >&2
    exit 1
}

# need_packages PACKAGE...: installs the Debian packages that are missing.
need_packages() {
    local missing=() package
    for package; do
        [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null ||
        fail "this check needs the Debian packages ${missing[*]}, and there is no apt-get here"
    ((EUID == 0)) ||
        fail "this check needs packages that only root can install: apt-get install --no-install-recommends ${missing[*]}"
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || fail "apt-get update failed"
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >target/ci-apt.log 2>&1 || {
        tail -n 20 target/ci-apt.log >&2
        fail "apt-get cannot install ${missing[*]}; they are packages of Debian 12"
    }
}

# need_command COMMAND PACKAGE: installs the Debian package if the command is missing.
need_command() {
    command -v "$1" >/dev/null || need_packages "$2"
}

# What builds simdjson, the peer in C++.
need_simdjson() {
    need_command g++ g++
    need_command cmake cmake
    need_command make make
}

# need_component NAME COMMAND...: adds a component to the toolchain if the command that it brings does not run.
need_component() {
    "${@:2}" >/dev/null 2>&1 || rustup component add "$1" || fail "rustup cannot add the component $1"
}

need_nightly() {
    rustup run nightly rustc --version >/dev/null 2>&1 ||
        rustup toolchain install nightly --profile minimal ||
        fail "this check needs a nightly toolchain, and rustup cannot install one"
}

# Debian's own Rust: the one whose standard library apt-get brings for other processors, as binaries and as source. It is
# called by its full path, so that the toolchain of all other checks stays the first on PATH.
need_debian_rust() {
    [[ "$(uname -m)" == x86_64 ]] || fail "this check emulates other processors on x86-64, and this is $(uname -m)"
    need_packages rustc-web cargo-web libstd-rust-web-dev:amd64 qemu-user "$@"
    export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
    # Code that is emulated is slow, and random cases are many.
    export PROPTEST_CASES="${PROPTEST_CASES:-32}" CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
}

mkdir -p target

# tests_but NAME...: sets `tests` to the arguments for cargo test that name the library and every program of tests/ but those.
tests_but() {
    local path name
    tests=(--lib)
    for path in tests/*.rs tests/*/main.rs; do
        name="${path#tests/}"
        name="${name%/main.rs}"
        name="${name%.rs}"
        [[ " $* " == *" $name "* ]] || tests+=(--test "$name")
    done
}

# The tests that start their own program once more: an emulator hands the child to the host, which cannot run it.
# shellcheck disable=SC2034 # used by those that source this
no_children=(--skip case_29_the_variable_lowers_the_level)

# Programs of tests that need neither a sanitizer nor another processor: of processes, of the sources, of counted memory. What is
# unsafe or depends on the processor below what they test, the others test too.
# shellcheck disable=SC2034
plain=(crash failing_calls full_disk layers locking meanwhile memory moved permissions sync_failure tool tool_lines torn validating)

# And `types`, serde's forms, which take as long to compile as all the rest: they go through the same code in every form, under
# AddressSanitizer in the fuzz target `de_vs_serde_json`.
# shellcheck disable=SC2034
left_out=("${plain[@]}" types)

# Tests that are merely large.
# shellcheck disable=SC2034
large=(--skip million --skip depth:: --skip case_21 --skip case_27_random --skip halfway --skip one_large_document
    --skip malformed_scalars)

# leave_out_emulated: sets `tests` and `skipped` to what is worth its time in an emulator: not files, which are the host's.
leave_out_emulated() {
    local out=("${left_out[@]}" appending files)
    # shellcheck disable=SC2034
    skipped=("${no_children[@]}" "${large[@]}")
    echo "left out in the emulator: ${out[*]}, ${skipped[*]} and the doc tests"
    tests_but "${out[@]}"
}
