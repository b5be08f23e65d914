"""Creates the trees in which a program can easily take quadratic time: corners.py DIRECTORY"""

import os
import sys


def create_chain(top, name, levels, file=None, sibling=None):
    """Creates nested directories, whose paths become longer than the system accepts."""
    os.makedirs(top)
    directory = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=directory)
        if sibling:
            os.mkdir(sibling, dir_fd=directory)
        inner = os.open(name, os.O_RDONLY, dir_fd=directory)
        os.close(directory)
        directory = inner
        if file:
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, dir_fd=directory))
    os.close(directory)


def create_packages(top, count, ignored):
    """Creates packages with bytecode, and settings that ignore what `ignored` lists."""
    for number in range(count):
        os.makedirs(f"{top}/{number}/x/__pycache__")
        open(f"{top}/{number}/x/__pycache__/m.cpython-312.pyc", "w").close()
    words = ",".join(f'"{word}"' for word in ignored)
    with open(f"{top}/pyproject.toml", "w") as settings:
        settings.write(f"[tool.pyclean]\nignore = [{words}]\n")


top = sys.argv[1]
create_chain(f"{top}/deep", "__pycache__", 30_000, "m.cpython-312.pyc")
create_chain(f"{top}/comb", "__pycache__", 30_000, sibling="a")
create_chain(f"{top}/folders", "d", 1_900)
create_packages(f"{top}/ignored", 2_000, (f"a{number}/x" for number in range(80_000)))
create_packages(f"{top}/globs", 200, (f"a{number}/gen-*/x?z[ab]" for number in range(20_000)))
create_packages(f"{top}/names", 1, (f"gen{number}-*-x?z[ab]" for number in range(30_000)))
