"""Run ``python -m trtlint``."""

from trtlint.cli import main

if __name__ == "__main__":
    main()
