"""Make the virtual environment .venv: pinned dependencies, interfaces, this package.

Runs on the standard library alone and does nothing where everything is up to date. The
functions here keep to the syntax of old Pythons: they find a fitting one and start over with it.
"""

import glob
import os
import shutil
import subprocess
import sys

WANTED = (3, 11)
WHERE = "apt install python3.11 python3.11-dev python3.11-venv, or: pyenv install 3.11"


def candidates():
    """Paths where a Python 3.11 may be, most wanted first."""
    on_path = shutil.which("python3.11")
    by_pyenv = glob.glob(os.path.expanduser("~/.pyenv/versions/3.11.*/bin/python3.11"))
    return ([on_path] if on_path else []) + sorted(by_pyenv, reverse=True)


def works(python):
    """Whether ``python`` starts and is the wanted one (a pyenv shim may refuse to)."""
    code = "import sys; sys.exit(sys.version_info[:2] != (%d, %d))" % WANTED
    try:
        return subprocess.call([python, "-c", code], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def ensure_python():
    """Go on only under Python 3.11: start over with one, or exit with one line."""
    if sys.version_info[:2] == WANTED:
        return
    for python in candidates():
        if works(python):
            os.execv(python, [python] + sys.argv)
    found = "%d.%d" % sys.version_info[:2]
    sys.exit(
        "error: Python 3.11 is needed, the ROS 2 wheels are built for it, and this is %s:"
        " install it (%s), or say make setup PYTHON=/path/to/python3.11" % (found, WHERE)
    )


if __name__ == "__main__":
    ensure_python()

    from environment import set_up  # newer syntax: only after the check
    from failure import SetupError

    try:
        set_up()
    except SetupError as error:
        sys.exit("error: %s" % error)
    except KeyboardInterrupt:
        sys.exit("stopped: make setup goes on from here")
