"""Packs the packages of an environment into wheels again.

Arguments: the environment, the folder for the wheels. An installer has written the files of each package, and their list
`RECORD`. It has made the scripts of entry points, and the files in `DROPPED`: the next installer makes them again.
"""

import base64, csv, hashlib, os, re, sys, sysconfig, zipfile

environment, folder = map(os.path.abspath, sys.argv[1:3])
python = "python%d.%d" % sys.version_info[:2]
site = os.path.join(environment, "lib", python, "site-packages")
scripts = os.path.join(environment, "bin")
# The places that files of a package may have, and their names in a wheel. The most special one is first.
SCHEMES = [
    ("scripts", scripts),
    ("headers", os.path.join(environment, "include", "site", python)),
    ("data", environment),
]
DROPPED = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json"}


def entry_points(info):
    """The names of the scripts that every installer makes."""
    try:
        with open(os.path.join(site, info, "entry_points.txt"), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return set()
    names, section = set(), ""
    for line in lines:
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[] ")
        elif "=" in line and section in ("console_scripts", "gui_scripts"):
            names.add(line.split("=")[0].strip())
    return names


def for_any_python(content):
    """A script without the path of this environment in its first line."""
    own = os.fsencode(scripts) + b"/python"
    lines = content.split(b"\n", 3)
    if lines[0].startswith(b"#!" + own):
        return b"#!python" + content[len(lines[0]):]
    # The form for paths that are too long for a first line.
    if lines[0] == b"#!/bin/sh" and len(lines) > 3 and lines[1].startswith(b"'''exec' ") and own in lines[1]:
        return b"#!python\n" + lines[3]
    return content


def tags(info):
    """The last parts of a wheel's name: build, Python, ABI, platform."""
    with open(os.path.join(site, info, "WHEEL"), encoding="utf-8") as file:
        fields = [line.strip().split(": ", 1) for line in file if ": " in line]
    values = lambda name: [field[1].strip() for field in fields if field[0].lower() == name]
    known = [tag.split("-") for tag in values("tag") if tag.count("-") == 2]
    if not any(is_for_this_python(tag) for tag in known):
        # Some projects rename their wheels and leave the old tags inside.
        if values("root-is-purelib") == ["true"]:
            known = [["py3", "none", "any"]]
        else:
            version = "cp%d%d" % sys.version_info[:2]
            known = [[version, version, re.sub("[-.]", "_", sysconfig.get_platform())]]
    parts = [".".join(sorted({tag[at] for tag in known})) for at in range(3)]
    return values("build")[:1] + parts


def is_for_this_python(tag):
    major, minor = sys.version_info[:2]
    if tag[0] in ("py3", "cp%d%d" % (major, minor), "py%d%d" % (major, minor)):
        return True
    older = re.fullmatch(r"(cp|py)3(\d+)", tag[0])
    return bool(older) and int(older[2]) <= minor and (older[1] == "py" or tag[1] == "abi3")


def place_of(path, info, makers):
    """The name of a file in the wheel. `None` for a file that is not part of it."""
    whole = os.path.normpath(os.path.join(site, path))
    inside = os.path.relpath(whole, site)
    if inside.endswith(".pyc") or (os.path.dirname(inside) == info and os.path.basename(inside) in DROPPED):
        return None
    if not inside.startswith(".."):
        return inside
    for scheme, root in SCHEMES:
        rest = os.path.relpath(whole, root)
        if not rest.startswith(".."):
            if scheme == "scripts" and rest in makers:
                return None
            if scheme == "headers":
                # Installers put the headers into a folder with the name of the package.
                rest = rest.split(os.sep, 1)[-1]
            return "%s/%s/%s" % (info[: -len(".dist-info")] + ".data", scheme, rest)
    raise SystemExit("ERROR: %s is outside of its environment" % path)


def pack(info):
    stem = info[: -len(".dist-info")]
    target = os.path.join(folder, "-".join([stem] + tags(info)) + ".whl")
    makers = entry_points(info)
    with open(os.path.join(site, info, "RECORD"), encoding="utf-8", newline="") as file:
        listed = [row[0] for row in csv.reader(file) if row]
    record = []
    # The files of the description come last, as the standard recommends. The time is that of no clock: wheels of the same
    # files are the same.
    listed.sort(key=lambda path: (path.startswith(info), path))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:

        def add(name, content, mode):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)

        for path in listed:
            name = place_of(path, info, makers)
            if name is None:
                continue
            whole = os.path.join(site, path)
            with open(whole, "rb") as file:
                content = file.read()
            if ".data/scripts/" in name:
                content = for_any_python(content)
            mode = 0o755 if os.stat(whole).st_mode & 0o100 else 0o644
            add(name, content, mode)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append((name, "sha256=" + digest, str(len(content))))
        record.append((info + "/RECORD", "", ""))
        rows = "".join(row_of(row) for row in record)
        add(info + "/RECORD", rows.encode(), 0o644)


def row_of(row):
    quoted = ['"%s"' % cell.replace('"', '""') if set(cell) & set(',"\n') else cell for cell in row]
    return ",".join(quoted) + "\n"


for info in sorted(os.listdir(site)):
    if info.endswith(".dist-info"):
        pack(info)
