"""The command line: ``trtlint check``, ``fix``, ``verify``, ``rule``, ``rules``, ``targets``.

A command's module is imported when it runs, not before: ``trtlint check`` needs neither torch nor
what `verify` is made of, and ``trtlint --help`` needs none of them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from trtlint import __version__

# name: (module, what it does). In a module, a command is the attribute of its name.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("trtlint.cli.check", "Say which lines TensorRT will mind, from the source alone."),
    "fix": ("trtlint.cli.fix", "Rewrite those lines into equivalents that convert."),
    "verify": ("trtlint.cli.verify", "Convert a model with the real TensorRT and compare numbers."),
    "rule": ("trtlint.cli.rule", "Explain one rule."),
    "rules": ("trtlint.cli.rule", "List the rules and what each target does with their pattern."),
    "clean": ("trtlint.cli.clean", "Remove the results that are kept on disk."),
    "targets": ("trtlint.cli.targets", "List the conversion routes and versions known."),
}
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
INTERRUPTED = 130

EPILOG = """\b
Examples:
  trtlint check                        check the current folder
  trtlint check models/ --target torch2trt-0.5
  trtlint fix --diff models/           show what a fix would change
  trtlint fix --rule slice-assign      apply the rewrites of one rule
  trtlint rule slice-assign            why it matters, and what is written instead

\b
Exit status: 0 nothing found, 1 findings remain, 2 the run itself failed.
"""


class LazyGroup(click.Group):
    """A group whose commands are imported on use, and whose errors are one line and a hint."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit with its status; a user's mistake is never a traceback."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        given = list(sys.argv[1:] if args is None else args)
        sys.exit(self._status(given, prog_name or "trtlint", complete_var, extra))

    def _status(
        self, args: list[str], prog_name: str, complete_var: str | None, extra: dict[str, Any]
    ) -> int:
        from trtlint.cli.output import fail
        from trtlint.errors import TrtlintError

        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
        except click.UsageError as error:
            where = " ".join([prog_name, *(arg for arg in args[:1] if arg in COMMANDS)])
            fail(error.format_message(), f"`{where} --help` shows how it is used")
            return 2
        except click.ClickException as error:
            fail(error.format_message(), "")
            return 2
        except (click.Abort, KeyboardInterrupt) as error:
            return _interrupted(error)
        except TrtlintError as error:
            fail(error.message, error.hint)
            return 2
        except Exception as error:
            if isinstance(error.__cause__, KeyboardInterrupt):  # Python wraps it now and then
                return _interrupted(error)
            # ours, not the user's: say so, and how to see more
            if {"-v", "--verbose"} & {*args}:
                raise
            hint = "this is a bug in trtlint; please report it with what --verbose shows"
            fail(f"{type(error).__name__}: {error}", hint)
            return 2
        return status if isinstance(status, int) else 0


def _interrupted(error: BaseException) -> int:
    """Say so, and what was done by then; click hands on an exception of its own."""
    from trtlint.cli.output import fail
    from trtlint.errors import Interrupted

    said = next((e for e in (error, error.__cause__) if isinstance(e, Interrupted)), "interrupted")
    fail(str(said), "")
    return INTERRUPTED


@click.group(cls=LazyGroup, context_settings=CONTEXT, epilog=EPILOG, invoke_without_command=True)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> int | None:
    """Find and rewrite what TensorRT cannot take in PyTorch models, without a GPU."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)
    return None
