"""Run ``trtlint``, as a command or as ``python -m trtlint``.

Nothing is imported before `main` runs, so that Ctrl-C is answered from the first moment on.
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from trtlint.cli import main as command

        command()
    except KeyboardInterrupt:  # before `command` could answer it, or after
        sys.stderr.write("error: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
