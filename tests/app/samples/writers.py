"""Processes that tag sources without end, for tests that kill them, or have several at once.

Run as a script: `python -m tests.app.samples.writers BUNDLE FILE kill|race`; the acknowledged tags
are printed, a line each.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from app.bundle.latent_space import LatentSpace, open_latent_space
from app.samples.labels import Labels
from app.samples.records import Given

KILLS = 30
RACERS, EACH = 3, 40


def write(space: LatentSpace, path: Path, name: str, most: int, told: int) -> None:
    """Tag one source after the other, and tell each tag once it is acknowledged."""
    labels = Labels(path, space)
    for number in range(most):
        word = f"{name} {number}"
        labels.tag([Given(number % len(space), word)], name)
        os.write(told, f"{word}\n".encode())


def start(space: LatentSpace, path: Path, name: str, most: int) -> tuple[int, int]:
    """Start a process that writes; its id, and where it tells."""
    told, tells = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(told)
            write(space, path, name, most, tells)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(tells)
    return child, told


def rest_of(told: int) -> str:
    with os.fdopen(told) as pipe:
        return pipe.read()


def main() -> None:
    bundle, path, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    space = open_latent_space(bundle)
    if what == "race":
        racers = [start(space, path, f"racer{number}", EACH) for number in range(RACERS)]
        for child, told in racers:
            sys.stdout.write(rest_of(told))
            assert os.waitpid(child, 0)[1] == 0
        return
    moments = random.Random(69)
    for number in range(KILLS):
        child, told = start(space, path, f"victim{number}", 10**6)
        said = b""
        while said.count(b"\n") < moments.randint(1, 4):
            said += os.read(told, 4096)
        time.sleep(moments.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.stdout.write(said.decode() + rest_of(told))


if __name__ == "__main__":
    main()
