#!/usr/bin/env bash
# Fetches the exact archives of packages.toml into FOLDER, checks their hashes and unpacks them.
#   fetch.sh FOLDER [NAME ...]     (no NAME: all of them)
# Exit code 3: an archive could not be downloaded. 1: an archive is not the expected one.
# Needs bash and Python 3.10 or later with pip; PYTHON names another one than python3 (3.10 needs tomli).
# Asks whatever index pip is set up to use.
set -euo pipefail
python=${PYTHON:-python3}

if [ $# -lt 1 ]; then
    echo "usage: $0 FOLDER [NAME ...]" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
dest=$(cd "$1" && pwd)
shift
mkdir -p "$dest/archives"

# one line a package: name version kind archive sha256 root
list=$("$python" - "$here/packages.toml" "$@" <<'PY'
import sys
try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib
with open(sys.argv[1], "rb") as f:
    packages = tomllib.load(f)["package"]
wanted = sys.argv[2:]
unknown = set(wanted) - {p["name"] for p in packages}
if unknown:
    sys.exit("not in packages.toml: " + ", ".join(sorted(unknown)))
for p in packages:
    if not wanted or p["name"] in wanted:
        print(p["name"], p["version"], p["kind"], p["archive"], p["sha256"], p["root"])
PY
)

failed=0
while read -r name version kind archive sha256 root; do
    file="$dest/archives/$archive"
    if [ ! -f "$file" ]; then
        if [ "$kind" = sdist ]; then
            form=(--no-binary :all:)
        else
            form=(--only-binary :all: --ignore-requires-python)
        fi
        # For an sdist pip also runs its build backend to read the metadata.
        if ! "$python" -m pip download --quiet --disable-pip-version-check --no-deps "${form[@]}" \
            --dest "$dest/archives" "$name==$version" </dev/null; then
            echo "FAILED to download $name $version" >&2
            [ "$failed" -ne 0 ] || failed=3
            continue
        fi
    fi
    if [ "$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$file")" != "$sha256" ]; then
        echo "FAILED hash check (delete it and run again): $file" >&2
        failed=1
        continue
    fi
    rm -rf "${dest:?}/$root"
    if [ "$kind" = sdist ]; then
        tar -xzf "$file" -C "$dest"
    else
        mkdir "$dest/$root"
        "$python" -m zipfile -e "$file" "$dest/$root"
    fi
    [ -d "$dest/$root" ] || { echo "FAILED: $archive holds no folder $root" >&2; failed=1; continue; }
    echo "ok $name $version -> $root"
done <<<"$list"
exit "$failed"
