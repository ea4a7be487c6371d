"""Random modules that write into tensors, before and after `fix`: nothing may differ.

    python benchmarks/fuzz_rewrites.py [--examples 20000] [--seed N] [--jobs 2] [--failures FOLDER]
                                         [--declined FILE] [--state FILE]

The modules come from `tests/write_grammar.py`: rank 1 to 5; slices, steps, integers, masks, loops,
augmented and in-place writes, in any order, overlapping or not, with aliases and without.
`tests/write_runs.py` fixes each in process by all rules, and asserts that the output parses, keeps
its comments, does not change again, and does at two batch sizes, on numbers with NaN and both
infinities among them, what the module did: outputs bit for bit, dtypes, which outputs and inputs
share storage, inputs as they are left, ``state_dict``; and that a decline leaves the text alone.

A search looks at some 250 modules, which follow from ``--seed`` and the number of the search. With
``--state`` each search that is through is remembered with the commit it looked at: a run that is
stopped goes on where it was, a longer one adds to it, and the sum says which commits it is about.

Printed: how many were rewritten, declined and why; each failure, made small by hypothesis; and of
the modules that have an exact equivalent by construction (the docstring of the grammar says which
these are) the share of which no write is left. Required are 85 % for the targets that ONNX leads
to; torch2trt has converters for less. Exit status 1 says that something failed, or too few were
rewritten.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
REQUIRED = 0.85
KINDS = ("rewritten", "partly", "declined", "silent")
CHUNK = 250  # examples of one search; hypothesis ends a search at the first failure
SHRUNK = 3  # failures of one kind that are made small


@dataclass
class Tally:
    """What became of the examples.

    Attributes:
        kinds: by kind, route, and whether they have an equivalent.
        reasons: why findings are left in modules that have an equivalent, by how many modules.
        other_reasons: the same of the others.
        examples: by reason, the shortest module with an equivalent that is declined for it.
        failures: problem, source, and what the fix made of it.
        commits: of trtlint that was looked at, by how many modules.
    """

    kinds: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    other_reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    commits: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, line: str) -> tuple[int, int, Tally]:
        """Seed, number and tally of a search, as `line` wrote them."""
        known = json.loads(line)
        kinds = Counter({(kind, route, has): n for kind, route, has, n in known["kinds"]})
        reasons, others = Counter(known["reasons"]), Counter(known["other_reasons"])
        failures = [(problem, text, new) for problem, text, new in known["failures"]]
        tally = cls(kinds, reasons, others, known["examples"], failures, Counter(known["commits"]))
        return known["seed"], known["number"], tally

    def line(self, seed: int, number: int) -> str:
        """One line of a state file."""
        kinds = [[*key, n] for key, n in self.kinds.items()]
        known = {**vars(self), "kinds": kinds, "seed": seed, "number": number}
        return json.dumps(known) + "\n"

    def add(self, other: Tally) -> None:
        """Take in another one's."""
        self.kinds += other.kinds
        self.reasons += other.reasons
        self.other_reasons += other.other_reasons
        self.failures += other.failures
        self.commits += other.commits
        for reason, text in other.examples.items():
            self.show(reason, text)

    def show(self, reason: str, text: str) -> None:
        """Keep the shortest example."""
        if len(text) < len(self.examples.get(reason, text + " ")):
            self.examples[reason] = text

    def count(self, *kinds: str, route: str = "", equivalent: bool | None = None) -> int:
        """How many there are of these kinds."""
        return sum(
            n
            for (kind, where, has), n in self.kinds.items()
            if kind in kinds and where.startswith(route) and equivalent in (None, has)
        )

    @property
    def ran(self) -> int:
        """How many modules ran."""
        return self.count(*KINDS)

    def share(self, route: str) -> float:
        """Of the modules with an equivalent that a rule reports, those without a write left."""
        asked = self.count("rewritten", "partly", "declined", route=route, equivalent=True)
        return self.count("rewritten", route=route, equivalent=True) / max(asked, 1)


def search(seed: int, known: Counter[str]) -> Tally:
    """One search of hypothesis: until it fails, or `CHUNK` examples are through."""
    import hypothesis
    from write_grammar import writings
    from write_runs import examine

    tally = Tally()
    last: list[tuple[str, str, str]] = []

    def check(writing: Any) -> None:
        verdict = examine(writing)
        if not last:
            has = not writing.why_not
            tally.kinds[verdict.kind, writing.targets[0].partition("-")[0], has] += 1
            if verdict.kind in ("declined", "partly"):
                (tally.reasons if has else tally.other_reasons).update(set(verdict.reasons))
                for reason in verdict.reasons if has else ():
                    tally.show(reason, source(writing))
        if verdict.problem:
            last.append((verdict.problem, source(writing), verdict.new))
            raise AssertionError(verdict.problem)

    phases = [hypothesis.Phase.generate]
    phases += [hypothesis.Phase.shrink] * (not known or max(known.values()) < SHRUNK)
    settings = hypothesis.settings(
        max_examples=CHUNK,
        phases=phases,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run = hypothesis.seed(seed)(settings(hypothesis.given(writings())(check)))
    try:
        run()
    except AssertionError:
        tally.failures.append(last[-1])
    except hypothesis.errors.Flaky:
        tally.failures += last[:1]
    return tally


def source(writing: Any) -> str:
    """The module, and what it is fixed for."""
    return f"# {', '.join(writing.targets)}\n{writing.text}"


def work(seed: int, commit: str, numbers: Any, results: Any) -> None:
    """Search after search, as long as numbers of searches come."""
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (hypothesis tells of what it finds)
    sys.stdout = sys.stderr
    known: Counter[str] = Counter()
    while (number := numbers.get()) is not None:
        tally = search(seed * 1_000_003 + number, known)
        tally.commits[commit] = tally.ran
        known.update(kind(problem) for problem, _, _ in tally.failures)
        results.put((number, tally))


def commit_here() -> str:
    """The commit that is checked out, and whether the files are those of it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def kind(problem: str) -> str:
    """A problem without its numbers."""
    return re.sub(r"[\d(].*", "", problem.partition("\n")[0])


def report(tally: Tally, seconds: float) -> bool:
    """Print; whether it is good enough."""
    print(f"{tally.ran} modules in {seconds:.0f} s ({tally.count('invalid')} more do not run)")
    print("at " + ", ".join(f"{name} ({n})" for name, n in tally.commits.most_common()))
    for route, name in (("tensorrt", "targets through ONNX"), ("torch2trt", "torch2trt")):
        print(f"\n{name:<24}{'rewritten':>12}{'partly':>12}{'declined':>12}{'no finding':>12}")
        for has, what in ((True, "with an equivalent"), (False, "others")):
            counts = (tally.count(k, route=route, equivalent=has) for k in KINDS)
            print(f"  {what:<22}" + "".join(f"{n:>12}" for n in counts))
        print(f"  share rewritten of those with an equivalent: {tally.share(route):.3f}")
    for title, reasons in (
        ("with an equivalent", tally.reasons),
        ("other modules", tally.other_reasons),
    ):
        print(f"\nwhy a finding is left: {title}")
        for reason, count in reasons.most_common(40):
            print(f"  {count:>6}  {reason}")
    for problem, text, new in tally.failures:
        print(f"\n{'=' * 80}\nFAILS: {problem}\n--- before, for {text[2:]}\n--- after\n{new}")
    enough = tally.share("tensorrt") >= REQUIRED
    print(
        f"\n{len(tally.failures)} failures; {tally.share('tensorrt'):.3f} rewritten, "
        f"required {REQUIRED}: {'enough' if enough else 'NOT ENOUGH'}"
    )
    return enough and not tally.failures


def keep(folder: Path | None, number: int, problem: str, text: str) -> None:
    """Write a failing module as soon as it is found."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:03}.py").write_text(f"# {problem.splitlines()[0]}\n{text}")


def main(argv: Sequence[str] | None = None) -> int:
    """Search and print; 1 if something fails or too little is rewritten."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--failures", type=Path, help="write each failing module there")
    parser.add_argument("--declined", type=Path, help="write an example of each reason there")
    parser.add_argument("--state", type=Path, help="what is done; read, and added to")
    options = parser.parse_args(argv)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import write_runs  # noqa: F401 (torch is then imported once, before the fork)

    start = time.perf_counter()
    total, done = remembered(options.state, options.seed)
    told = total.ran
    for number, tally in searched(options, total, done):
        if options.state:
            with options.state.open("a") as file:
                file.write(tally.line(options.seed, number))
        for problem, text, _ in tally.failures:
            keep(options.failures, len(total.failures), problem, text)
        total.add(tally)
        if total.ran - told >= 1000:
            told = total.ran
            seconds = time.perf_counter() - start
            print(
                f"{told:>7} modules, {seconds:>5.0f} s, {len(total.failures)} failures, "
                f"share {total.share('tensorrt'):.3f}",
                flush=True,
            )
    if options.declined:
        parts = (
            f"## {count} {reason}\n\n{total.examples[reason]}"
            for reason, count in total.reasons.most_common()
        )
        options.declined.write_text("\n".join(parts))
    return 0 if report(total, time.perf_counter() - start) else 1


def remembered(state: Path | None, seed: int) -> tuple[Tally, set[int]]:
    """What earlier runs with this seed found, and the numbers of their searches."""
    total, done = Tally(), set()
    if state is not None and state.exists():
        for line in state.read_text().splitlines():
            of, number, tally = Tally.read(line)
            if of == seed:
                total.add(tally)
                done.add(number)
    return total, done


def searched(
    options: argparse.Namespace, total: Tally, done: set[int]
) -> Iterator[tuple[int, Tally]]:
    """Search after search, until there are examples enough in the total."""
    context = multiprocessing.get_context("fork")
    numbers, results = context.Queue(), context.Queue()
    given = (options.seed, commit_here(), numbers, results)
    jobs = [context.Process(target=work, args=given) for _ in range(options.jobs)]
    left = (number for number in itertools.count() if number not in done)
    for job in jobs:
        job.start()
    under_way = 0
    while total.ran < options.examples or under_way:
        while under_way < options.jobs and total.ran + under_way * CHUNK < options.examples:
            numbers.put(next(left))
            under_way += 1
        yield results.get()
        under_way -= 1
    for _ in jobs:
        numbers.put(None)
    for job in jobs:
        job.join()


if __name__ == "__main__":
    sys.exit(main())
