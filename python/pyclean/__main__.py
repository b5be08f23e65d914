"""Runs the pyclean program, for ``python -m pyclean``."""

import os
import subprocess
import sys
import sysconfig


def find_program():
    """Return the path of the program: where pip puts programs for this interpreter, for
    this user, or beside a package that was installed with ``--target``."""
    name = "pyclean" + (sysconfig.get_config_var("EXE") or "")
    user_scheme = getattr(sysconfig, "get_preferred_scheme", lambda _: os.name + "_user")("user")
    package = os.path.dirname(os.path.abspath(__file__))
    places = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", scheme=user_scheme),
        os.path.join(os.path.dirname(package), "bin"),
    ]
    for place in places:
        program = os.path.join(place, name)
        if os.path.isfile(program):
            return program
    sys.exit("error: the program {} is in none of: {}".format(name, ", ".join(places)))


if __name__ == "__main__":
    command = [find_program(), *sys.argv[1:]]
    if os.name == "nt":
        # There, a process that is replaced returns to the shell before it is done.
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)
