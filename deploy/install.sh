#!/bin/sh
# Installs Hearth from an unpacked archive, or takes it away again.
#
#   ./install.sh [--prefix FOLDER] [--no-service]
#   ./install.sh --uninstall [--prefix FOLDER]
#
# The program goes to FOLDER/bin (FOLDER is /usr/local, or ~/.local for who is not root), documents to
# FOLDER/share/doc/hearth. As root, where systemd runs, a user `hearth` and a service are made, and not
# started. No settings are written, and no data is touched, neither now nor by --uninstall.
set -eu

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

prefix=
service=yes
task=install
while [ $# -gt 0 ]; do
    case "$1" in
        --prefix)
            [ $# -gt 1 ] || fail "--prefix wants a folder"
            prefix=$2
            shift
            ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --no-service) service=no ;;
        --uninstall) task=uninstall ;;
        -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "there is no option $1; --help lists them" ;;
    esac
    shift
done

if [ -z "$prefix" ]; then
    if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
fi
case "$prefix" in
    /*) ;;
    *) fail "$prefix is no absolute path" ;;
esac
documents=$prefix/share/doc/hearth
# Below /usr, units lie where an administrator's own in /etc win over them.
case "$prefix" in
    /usr|/usr/local) units=$prefix/lib/systemd/system ;;
    *) units=/etc/systemd/system ;;
esac
unit=$units/hearth.service
users=/etc/sysusers.d/hearth.conf

has_systemd() {
    [ "$service" = yes ] && [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ]
}

# Replaced by name, so that a program that runs keeps its file.
put() { # MODE FROM TO
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3.new"
    chmod "$1" "$3.new"
    mv "$3.new" "$3"
}

check() {
    [ -f SHA256SUMS ] || { say "There is no SHA256SUMS: the files are not checked."; return 0; }
    if command -v sha256sum >/dev/null; then
        sha256sum -c SHA256SUMS >/dev/null || fail "the files are not those of the archive"
    elif command -v shasum >/dev/null; then
        shasum -a 256 -c SHA256SUMS >/dev/null || fail "the files are not those of the archive"
    else
        say "There is neither sha256sum nor shasum: the files are not checked."
    fi
}

install_service() {
    put 0644 deploy/systemd/hearth.sysusers.conf "$users"
    systemd-sysusers "$users"
    mkdir -p "$units"
    made=$(mktemp)
    sed "s#/usr/local/#$prefix/#g" deploy/systemd/hearth.service > "$made"
    if [ "$units" = /etc/systemd/system ] && [ -f "$unit" ] && ! cmp -s "$made" "$unit"; then
        say "$unit is another one and stays; the new one lies in $documents/deploy/systemd."
    else
        put 0644 "$made" "$unit"
    fi
    rm -f "$made"
    systemctl daemon-reload
    # systemd takes what stands in /etc before what stands elsewhere.
    old=/etc/systemd/system/hearth.service
    if [ "$units" != /etc/systemd/system ] && [ -f "$old" ]; then
        say "$old is there and wins over the new $unit."
        say "Move it away once what you have changed in it stands in a drop-in: systemctl edit hearth"
    fi
    if systemctl --quiet is-active hearth; then
        say "Now: systemctl restart hearth"
    else
        say "Now: systemctl enable --now hearth && journalctl -u hearth -n 20"
        say "Models go to /var/lib/hearth/models, settings to /var/lib/hearth/hearth.toml."
    fi
}

install() {
    cd "$(dirname "$0")"
    [ -f hearth ] || fail "there is no program beside this script: unpack the whole archive"
    check
    version=$(./hearth --version) || fail "the program does not start on this system"
    put 0755 hearth "$prefix/bin/hearth"
    find . -type f ! -name hearth ! -name install.sh ! -name SHA256SUMS | while read -r file; do
        put 0644 "$file" "$documents/${file#./}"
    done
    say "$version is installed: $prefix/bin/hearth"
    if has_systemd; then
        install_service
    else
        say "Now: $prefix/bin/hearth serve"
    fi
}

uninstall() {
    if has_systemd && [ -f "$unit" ]; then
        systemctl disable --now hearth || say "The service could not be stopped."
        rm -f "$unit" "$users"
        systemctl daemon-reload
        say "The user hearth and /var/lib/hearth stay; who wants them gone removes them by hand."
    fi
    rm -f "$prefix/bin/hearth"
    rm -rf "$documents"
    say "Hearth is gone from $prefix. Data folders stay as they are."
}

"$task"
