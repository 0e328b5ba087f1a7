# Sourced by the need-* scripts: system packages, installed where that is allowed, named where it is not.

# say SENTENCE...: one line to the person, on stderr.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# as_root COMMAND...: runs it as root, or returns 126 when that needs a password or cannot be.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@" </dev/null
    elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
        sudo -n "$@" </dev/null
    else
        return 126
    fi
}

# install_packages WHAT PACKAGE...: installs Debian packages; exits 1 with the command to type where it may not.
install_packages() {
    local what=$1
    shift
    local by_hand="apt-get update && apt-get install -y --no-install-recommends $*"
    if ! command -v apt-get >/dev/null 2>&1; then
        say "missing: $what. This is not Debian or Ubuntu: install what these packages hold: $*; then run this again."
        exit 1
    fi
    if ! as_root true; then
        say "missing: $what; nothing may be installed from here (not root, no sudo without a password). Run as root: $by_hand"
        exit 1
    fi
    say "missing: $what; installing Debian packages: $*"
    local log
    log=$(mktemp)
    keep_services_down
    # Lists that are new need not be fetched again. Those that cannot all be fetched may still hold what is wanted: the
    # installation decides.
    if [ -z "$(find /var/lib/apt/lists -maxdepth 0 -mmin -30 2>/dev/null)" ] ||
        [ -z "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ]; then
        as_root apt-get -q update >"$log" 2>&1 || true
    fi
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "$@" >>"$log" 2>&1; then
        let_services_start
        tail -n 25 "$log" >&2
        say "could not install $*; the last lines above say why. By hand, as root: $by_hand"
        rm -f "$log"
        exit 1
    fi
    let_services_start
    rm -f "$log"
}

# While packages are installed nothing is started: the tests run private servers on ports of their own.
policy=/usr/sbin/policy-rc.d
policy_is_ours=no

keep_services_down() {
    [ -e "$policy" ] && return 0
    printf '#!/bin/sh\nexit 101\n' | as_root_with_input tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    policy_is_ours=yes
    trap let_services_start EXIT
}

let_services_start() {
    [ "$policy_is_ours" = yes ] || return 0
    as_root rm -f "$policy"
    policy_is_ours=no
}

as_root_with_input() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}
