"""The directory of a run: its name, and the settings kept in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from fmac_ros.settings import Parameters

RUNS = Path("runs")
SETTINGS_FILE = "settings.json"


@dataclass(frozen=True)
class RunDir:
    """Paths inside one run directory."""

    path: Path

    @property
    def settings_file(self) -> Path:
        """Settings that the run was started with."""
        return self.path / SETTINGS_FILE

    @property
    def logs(self) -> Path:
        """One log file per node."""
        return self.path / "logs"

    @property
    def evaluation(self) -> Path:
        """What the evaluator writes."""
        return self.path / "evaluation.json"

    @property
    def result(self) -> Path:
        """What ``fmac train`` found, a JSON file."""
        return self.path / "result.json"

    @property
    def learning_curve(self) -> Path:
        """Success over environment steps, a PNG."""
        return self.path / "learning_curve.png"

    @property
    def frames(self) -> Path:
        """Imagined above executed frames of one episode, a PNG."""
        return self.path / "imagined_vs_executed.png"

    def exists(self) -> bool:
        """Whether a run was started here."""
        return self.settings_file.is_file()

    def save_settings(self, settings: Parameters) -> None:
        """Keep the settings that the run is started with."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.settings_file.write_text(json.dumps(settings, indent=2) + "\n")

    def load_settings(self) -> Parameters:
        """Read the settings of an existing run.

        Raises:
            FileNotFoundError: no run was started here.
            ValueError: the file is not a JSON object.
        """
        if not self.exists():
            raise FileNotFoundError(
                f"{self.path} is not a run: it has no {SETTINGS_FILE}; runs are made by fmac train"
            )
        settings = json.loads(self.settings_file.read_text())
        if not isinstance(settings, dict):
            raise ValueError(f"{self.settings_file} is not a JSON object")
        return settings


def default_name(task: str, robot: str, seed: int) -> str:
    """``press-the-red-button-panda-seed0``."""
    return f"{slug(task)[:60].rstrip('-') or 'task'}-{robot}-seed{seed}"


def slug(words: str) -> str:
    """``Press it!`` as ``press-it``."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def fresh(base: Path) -> RunDir:
    """``base``, or ``base-2``, ``base-3`` ... if that is taken."""
    candidates = (base.with_name(f"{base.name}-{n}") if n > 1 else base for n in range(1, 10_000))
    return RunDir(next(path for path in candidates if not path.exists()))


def latest(base: Path) -> RunDir:
    """The run named ``base`` or ``base-<n>`` that was started last.

    Raises:
        FileNotFoundError: there is none.
    """
    pattern = re.compile(re.escape(base.name) + r"(-\d+)?")
    found = [RunDir(p) for p in base.parent.glob("*") if pattern.fullmatch(p.name)]
    runs = [run for run in found if run.exists()]
    if not runs:
        raise FileNotFoundError(f"no run to resume at {base}; leave --resume out to start one")
    return max(runs, key=lambda run: run.settings_file.stat().st_mtime)
