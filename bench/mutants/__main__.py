"""`python -m bench.mutants PACKAGE`: tries a sample of mutants, prints survivors, exits 1 if more than 10 % survive."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from bench.mutants.changes import Mutant
from bench.mutants.explained import explained
from bench.mutants.trial import ROOT, NotGreen, Trial, mutants_in
from tollbook.clock import monotonic_s

_ALLOWED = 0.1
"""Of a sample; what survives above it is what the tests do not look at."""


def main() -> None:
    """Try a sample, print what survived and how many did, and say whether those are few."""
    options = _parser().parse_args()
    every = mutants_in(options.package)
    sample = random.Random(options.seed).sample(every, min(options.n, len(every)))
    known = explained()
    to_try = [mutant for mutant in sample if not any(each.fits(mutant) for each in known)]
    begun, survived = monotonic_s(), 0
    with tempfile.TemporaryDirectory(prefix="tollbook-mutants-") as folder:
        try:
            trial = Trial(options.package, Path(folder), options.at_once)
        except NotGreen as fault:
            print(f"{fault}\nerror: the unit tests of {options.package} fail before anything is changed")
            sys.exit(2)
        for mutant, survives in trial.survivors(to_try):
            survived += survives
            if survives:
                print(_shown(mutant), flush=True)
    print(
        f"{options.package}: {len(sample)} of {len(every)} mutants (seed {options.seed}), "
        f"{len(to_try) - survived} killed, {survived} survived, {len(sample) - len(to_try)} explained, "
        f"{monotonic_s() - begun:.0f} s",
    )
    sys.exit(survived > _ALLOWED * len(sample))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description="See what unit tests let pass.")
    packages = sorted(
        path.name for path in (ROOT / "tests/unit").iterdir() if (ROOT / "src/tollbook" / path.name).is_dir()
    )
    parser.add_argument("package", choices=packages)
    parser.add_argument("--n", type=int, default=40, metavar="N", help="how many mutants; default 40")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which of them; default 1")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, metavar="N", help="default: one a core")
    return parser


def _shown(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line}\n  - {mutant.before}\n  + {mutant.after}"


if __name__ == "__main__":
    main()
