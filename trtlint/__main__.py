"""Run ``trtlint``, as a command or as ``python -m trtlint``.

Nothing is imported before `main` runs, so that Ctrl-C is answered from the first moment on. At the
end nothing is freed: for the index of a large project that takes Python as long as trtlint takes
for a small one.
"""

import os
import sys


def main() -> None:
    """Run the command line."""
    status = 0
    try:
        from trtlint.cli import main as command

        command()
    except KeyboardInterrupt:  # before `command` could answer it, or after
        sys.stderr.write("error: interrupted\n")
        status = 130
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        status = end.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more; Python says what is to be said of it
        sys.exit(2)
    os._exit(status)


if __name__ == "__main__":
    main()
