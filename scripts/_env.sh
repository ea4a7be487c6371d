# Shared by the scripts beside it: `. "$(dirname "$0")/_env.sh"; prepare EXTRA...`
# makes .venv with trtlint (editable), the extras, and exactly the versions of constraints.txt.
#
#   PYTHON              the interpreter to build .venv from (default: a python3 >= 3.10 on PATH)
#   TRTLINT_TORCH_INDEX where to take torch from, such as the CPU wheel index named on PyTorch's
#                       install page; without it, Linux gets the build with the CUDA libraries
set -eu
unset CDPATH
cd "$(dirname "$0")/.."
python=.venv/bin/python
stamp=.venv/.trtlint-installed

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '==> %s\n' "$*"; }
die() { printf '%s\n' "$@" >&2; exit 2; }

find_python() {
    for name in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.10 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
            printf '%s\n' "$name"
            return
        fi
    done
    die "trtlint needs Python 3.10 or newer; none was found." \
        "Install one, or name it: PYTHON=/path/to/python3 $0"
}

# What an installation depends on: this folder, the interpreter, and the files that say what to install.
fingerprint() {
    { pwd; "$python" -V; cat pyproject.toml constraints.txt; } 2>&1 | cksum
}

install() { "$python" -m pip install -qq --disable-pip-version-check -c constraints.txt "$@"; }

prepare() {
    wanted=$*
    [ -d .venv/Scripts ] && python=.venv/Scripts/python.exe
    if ! "$python" -c '' >/dev/null 2>&1; then
        base=$(find_python)
        say "making .venv with $("$base" -V)"
        "$base" -m venv --clear .venv || die "could not make .venv with $base." \
            "On Debian and Ubuntu the module comes separately: apt install python3-venv"
        [ -d .venv/Scripts ] && python=.venv/Scripts/python.exe
    fi
    now=$(fingerprint)
    was=
    had=
    if [ -f "$stamp" ]; then
        { read -r was && read -r had; } <"$stamp" || was=
    fi
    missing=
    for extra in $wanted; do
        case " $had " in *" $extra "*) ;; *) missing="$missing $extra" ;; esac
    done
    if [ "$now" = "$was" ] && [ -z "$missing" ]; then
        return
    fi
    extras=$(printf '%s\n' $had $missing | sort -u | tr '\n' ' ')
    extras=${extras% }
    say "installing into .venv; the first time takes minutes, later runs start at once"
    rm -f "$stamp"
    install pip setuptools
    case " $extras " in
        *" verify "*)
            say "installing torch"
            install ${TRTLINT_TORCH_INDEX:+--index-url "$TRTLINT_TORCH_INDEX"} torch==2.13.0 ;;
    esac
    say "installing trtlint with its extras: $extras"
    install --no-build-isolation -e ".[$(printf %s "$extras" | tr ' ' ,)]"
    printf '%s\n%s\n' "$now" "$extras" >"$stamp"
}
