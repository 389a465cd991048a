#!/bin/sh
# Tries the wheel and the .deb in new roots of Debian 12 and 13, as a user would install them. For maintainers,
# as root, with debootstrap; with systemd-nspawn it boots the roots and tries the units, too.
#
#   packaging/roots/try.sh [OPTION ..] [bookworm] [trixie]
#
#   --wheel FILE   the wheel, of `cargo xtask wheel`
#   --deb FILE     the package, of `cargo xtask deb`
#   --roots DIR    where the roots are made (default: target/roots); they need about 2 GB
#   --mirror URL   the mirror of Debian, if not the default one
#   --copy FILE    a file of this machine that the roots need, too: a certificate, a setting of apt or pip
#   --keep         leave the roots in place afterwards; the bases of debootstrap always stay
set -eu

here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
wheel='' deb='' roots=$project/target/roots mirror='' copies='' keep='' suites=''
while [ $# -gt 0 ]; do
    case $1 in
        --wheel) wheel=$(realpath "$2") && shift ;;
        --deb) deb=$(realpath "$2") && shift ;;
        --roots) roots=$2 && shift ;;
        --mirror) mirror=$2 && shift ;;
        --copy) copies="$copies $2" && shift ;;
        --keep) keep=yes ;;
        bookworm | trixie) suites="$suites $1" ;;
        *)
            echo "try.sh does not know $1: the first lines of this file list the options" >&2
            exit 2
            ;;
    esac
    shift
done
suites=${suites:-bookworm trixie}
if [ -z "$wheel$deb" ]; then
    echo "nothing to try: name a wheel with --wheel or a package with --deb" >&2
    exit 2
fi
mkdir -p "$roots"
roots=$(realpath "$roots")

# A root of a suite, with nothing but the base.
fresh() { # SUITE NAME
    base=$roots/$1.base
    if [ ! -e "$base/.complete" ]; then
        rm -rf "$base"
        # Newer suites than this machine have the script of sid.
        script=/usr/share/debootstrap/scripts/$1
        [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
        debootstrap --variant=minbase --include=ca-certificates "$1" "$base" ${mirror:+"$mirror"} "$script" \
            >"$roots/$1.debootstrap.log"
        touch "$base/.complete"
    fi
    rm -rf "${roots:?}/$2"
    cp -a "$base" "$roots/$2"
    for file in /etc/resolv.conf /etc/hosts $copies; do
        mkdir -p "$roots/$2$(dirname "$file")"
        cp "$file" "$roots/$2$file"
    done
}

# Runs the standard input as a script in a root. Its processes end with it, and mounts are gone.
inside() { # NAME
    root=$roots/$1
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$1" sh -eu -s' sh "$root"
}

# Debian's packages, quietly: the log is shown if one fails.
packages() { # NAME PACKAGE ..
    name=$1
    shift
    log=$roots/$name.apt.log
    inside "$name" >"$log" 2>&1 <<SCRIPT || { tail -n 20 "$log" && exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends $*
SCRIPT
}

# The version of libpython in a suite.
libpython() { # SUITE
    case $1 in
        bookworm) echo libpython3.11 ;;
        trixie) echo libpython3.13 ;;
    esac
}

# The server of `pip install`, started by the line of the README.
try_wheel() { # SUITE
    name=$1-wheel
    echo "== $1: the wheel"
    fresh "$1" "$name"
    packages "$name" redis-server python3 python3-venv "$(libpython "$1")"
    cp "$wheel" "$here/gear.sh" "$roots/$name/root/"
    inside "$name" <<SCRIPT
cd /root
python3 -m venv venv
. venv/bin/activate
pip install --quiet ./$(basename "$wheel")
redis-server --port 0 --unixsocket /tmp/server.sock --logfile /root/server.log --save '' \
    --loadmodule \$(python -m redgrease_engine) &
until [ "\$(redis-cli -s /tmp/server.sock ping 2>/dev/null)" = PONG ]; do
    kill -0 \$! 2>/dev/null || { cat server.log; exit 1; }
    sleep 0.2
done
echo "  \$(redis-server --version | cut -d ' ' -f 1-3), \$(python --version)"
sh gear.sh redis-cli -s /tmp/server.sock
redis-cli -s /tmp/server.sock shutdown
SCRIPT
}

# The .deb, with a server of Debian as its own user: the line of ExecStart, without the unit.
try_deb() { # SUITE KIND
    user=$2 server=$2-server cli=$2-cli name=$1-$2
    echo "== $1: the .deb with $server"
    fresh "$1" "$name"
    cp "$deb" "$here/gear.sh" "$roots/$name/opt/"
    packages "$name" "$server" "/opt/$(basename "$deb")"
    inside "$name" <<SCRIPT
printf 'loadmodule /usr/lib/redgrease/redgrease.so\nport 0\nunixsocket /tmp/server.sock\n' >>/etc/$user/$user.conf
cd /
home=\$(getent passwd $user | cut -d : -f 6)
setpriv --reuid $user --regid $user --clear-groups env -i HOME="\$home" PATH=/usr/bin:/bin $(configuration) \
    /usr/bin/$server /etc/$user/$user.conf --daemonize no &
until [ "\$($cli -s /tmp/server.sock ping 2>/dev/null)" = PONG ]; do
    kill -0 \$! 2>/dev/null || { tail /var/log/$user/*.log; exit 1; }
    sleep 0.2
done
echo "  \$($server --version | cut -d ' ' -f 1-3), \$(python3 --version)"
sh /opt/gear.sh $cli -s /tmp/server.sock
$cli -s /tmp/server.sock shutdown
SCRIPT
}

# The .deb, with the unit of Debian in a booted root.
try_unit() { # SUITE KIND
    user=$2 server=$2-server name=$1-$2-booted
    echo "== $1: the .deb with the unit $server.service"
    can_boot || return 0
    fresh "$1" "$name"
    cp "$deb" "$roots/$name/opt/"
    packages "$name" systemd systemd-sysv dbus "$server" "/opt/$(basename "$deb")"
    printf 'loadmodule /usr/lib/redgrease/redgrease.so\nport 0\nunixsocket /run/%s/server.sock\n' "$user" \
        >>"$roots/$name/etc/$user/$user.conf"
    boot "$name" "$server" "$user-cli -s /run/$user/server.sock"
}

# The wheel, with the unit of this project in a booted root.
try_service() { # SUITE
    name=$1-service
    echo "== $1: the wheel with the unit redgrease.service"
    can_boot || return 0
    fresh "$1" "$name"
    cp "$wheel" "$roots/$name/opt/"
    packages "$name" systemd systemd-sysv dbus redis-server python3 python3-venv "$(libpython "$1")"
    inside "$name" <<SCRIPT
python3 -m venv /opt/redgrease
/opt/redgrease/bin/pip install --quiet /opt/$(basename "$wheel")
ln -s "\$(/opt/redgrease/bin/python -m redgrease_engine)" /opt/redgrease/redgrease.so
systemctl disable redis-server >/dev/null 2>&1
SCRIPT
    mkdir "$roots/$name/etc/redgrease"
    cp "$project/packaging/systemd/server.conf" "$roots/$name/etc/redgrease/"
    cp "$project/packaging/systemd/redgrease.service" "$roots/$name/etc/systemd/system/"
    printf 'port 0\nunixsocket /run/redgrease/server.sock\n' >>"$roots/$name/etc/redgrease/server.conf"
    chroot "$roots/$name" systemctl enable redgrease >/dev/null 2>&1
    boot "$name" redgrease "redis-cli -s /run/redgrease/server.sock"
}

can_boot() {
    command -v systemd-nspawn >/dev/null && return
    echo "  not tried: systemd-nspawn is not installed (package systemd-container)"
    return 1
}

# Boots a root, tries the gears on the server of a unit, and restarts it.
boot() { # NAME UNIT CLI
    root=$roots/$1
    cp "$here/gear.sh" "$root/opt/"
    # A unit does not inherit the settings of pip on this machine.
    mkdir -p "$root/etc/systemd/system/$2.service.d"
    { echo '[Service]' && configuration | tr ' ' '\n' | sed '/./s/.*/Environment="&"/'; } \
        >"$root/etc/systemd/system/$2.service.d/pip.conf"
    cat >"$root/opt/try-unit" <<SCRIPT
#!/bin/sh
{
    echo "  systemd \$(systemctl --version | head -n 1 | cut -d ' ' -f 2), \$(systemctl is-active $2)"
    sh /opt/gear.sh $3 && systemctl restart $2
    # Registrations come back with the data.
    after=\$($3 RG.TRIGGER total)
    echo "  after a restart: \$after"
    [ "\$after" != 45 ] || touch /opt/passed
} >/opt/result 2>&1
{ journalctl --no-pager --unit $2; tail -n 5 /var/log/*/*-server.log; } >/opt/log 2>&1
systemctl poweroff
SCRIPT
    chmod +x "$root/opt/try-unit"
    cat >"$root/etc/systemd/system/try-unit.service" <<SCRIPT
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/opt/try-unit
[Install]
WantedBy=default.target
SCRIPT
    chroot "$root" systemctl enable try-unit.service >/dev/null 2>&1
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 600 systemd-nspawn --quiet --register=no --keep-unit --boot \
        --machine "$1" --directory "$root" --resolv-conf=off --console=pipe >"$root.boot.log" 2>&1 || true
    cat "$root/opt/result"
    if [ ! -e "$root/opt/passed" ]; then
        cat "$root/opt/log" >&2
        exit 1
    fi
}

# The variables by which pip is set up on this machine, in the form NAME=VALUE.
configuration() {
    env | grep -E '^(PIP_[A-Z_]+|SSL_CERT_FILE)=[^ ]+$' | tr '\n' ' '
}

for suite in $suites; do
    kinds=redis
    [ "$suite" = bookworm ] || kinds='redis valkey'
    if [ -n "$wheel" ]; then
        try_wheel "$suite"
        try_service "$suite"
    fi
    if [ -n "$deb" ]; then
        for kind in $kinds; do
            try_deb "$suite" "$kind"
            try_unit "$suite" "$kind"
        done
    fi
    # Only the roots that this script makes.
    [ -n "$keep" ] || rm -rf "${roots:?}/$suite-wheel" "${roots:?}/$suite-service"* "${roots:?}/$suite-redis"* "${roots:?}/$suite-valkey"*
done
echo "all passed"
