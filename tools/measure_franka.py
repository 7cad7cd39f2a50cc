"""Train and evaluate through franka_driver against a simulated arm, and judge how the arm moved.

    .venv/bin/python tools/measure_franka.py --run-dir runs/franka --json bench/results/NAME.json

What fmac train reports, and beside it every joint command at 1 kHz against the vendor's limits,
faults of the driver, and control periods that went by without a command.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fmac_ros.drivers.franka import joint_log
from fmac_ros.environment import private_network, process_environment
from fmac_ros.paths import config_dir
from fmac_ros.robots import load_robot

ROBOT = "fr3"
ADDRESS = "127.0.0.1"
LATE = 1.5  # control periods between two states of an episode that count as a missed deadline
ROUNDING = 1.0 + 1e-6  # of the differences of 8-byte floats


class Recorder:
    """Listens to the graph, in a thread: how long each step takes."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        from fmac_ros.msg import Transition
        from fmac_ros.ros import names, qos

        rclpy.init()
        self.steps: list[float] = []  # [s]
        node = rclpy.create_node("franka_measurement")
        node.create_subscription(
            Transition, names.TRANSITIONS, self._on_transition, qos.TRANSITIONS
        )
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        threading.Thread(target=self._executor.spin, daemon=True).start()

    def _on_transition(self, message: Any) -> None:
        from fmac_ros.ros.conversions import stamp_to_seconds

        begin = stamp_to_seconds(message.header.stamp)
        self.steps.append(stamp_to_seconds(message.next_observation.header.stamp) - begin)

    def found(self) -> dict[str, Any]:
        """Missed deadlines."""
        steps = np.array(self.steps) if self.steps else np.zeros(1)
        period = 1.0 / load_robot(ROBOT).control_rate_hz
        missed = int(np.sum(steps > LATE * period))
        return {
            "steps": len(self.steps),
            "missed_deadlines": missed,
            "missed_share": round(missed / len(steps), 5),
            "step_ms_p50_p99_max": [
                round(1000 * float(np.quantile(steps, q)), 1) for q in (0.5, 0.99, 1.0)
            ],
        }


def judge(log: Path) -> dict[str, Any]:
    """What the record reached, against the vendor's limits."""
    file = yaml.safe_load((config_dir() / "robots" / f"{ROBOT}.yaml").read_text())
    limits = {key: np.array(values) for key, values in file["vendor_limits"].items()}
    rows = joint_log.read(log)
    found, bridged = joint_log.extremes(rows), joint_log.extremes(rows, bridged=True)
    return {
        "commands": found.commands,
        "messages_without_a_command": found.skipped,
        "longest_wait_ms": found.longest_wait,
        "tracking_rad": found.tracking.round(4).tolist(),
        "within_limits": _reached(found, limits),
        "across_unanswered_messages": _reached(bridged, limits),
    }


def _reached(found: joint_log.Extremes, limits: dict[str, np.ndarray]) -> dict[str, Any]:
    inside = bool(np.all(found.lower >= limits["lower"]) and np.all(found.upper <= limits["upper"]))
    told: dict[str, Any] = {"positions_inside": inside}
    for name in ("velocity", "acceleration", "jerk"):
        reached = getattr(found, name)
        told[f"{name}_share_of_limit"] = (reached / limits[name]).round(4).tolist()
        told[f"{name}_violated"] = bool(np.any(reached > limits[name] * ROUNDING))
    return told


def faults(run_dir: Path) -> list[str]:
    """What the driver said, but for being armed, not armed and not yet connected."""
    lines = [
        line.partition("]: ")[2]
        for log in sorted((run_dir / "logs").glob("*/franka_driver.log"))
        for line in log.read_text().splitlines()
    ]
    expected = ("armed, ", "not armed", "no connection to the arm")
    return [line for line in lines if line and not (line.startswith(expected) and ":" not in line)]


def main() -> int:
    """Run it; arguments that are not known here go to fmac train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    args, further = parser.parse_known_args()
    os.environ.update({**process_environment(), **private_network()})
    args.run_dir.parent.mkdir(parents=True, exist_ok=True)
    log = args.run_dir.parent / f"{args.run_dir.name}_joints.bin"
    fmac = [sys.executable, "-m", "fmac_ros.cli.main"]
    arm = subprocess.Popen(
        [*fmac, "franky-sim", "--address", ADDRESS, "--log", str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert arm.stdout is not None
    print(arm.stdout.readline().strip())
    recorder = Recorder()
    load = [os.getloadavg()]
    train = subprocess.Popen(
        [
            *(*fmac, "train", "--robot", ROBOT, "--driver", "franka", "--address", ADDRESS),
            *("--cell", "simulated", "--arm", "--run-dir", str(args.run_dir)),
            *("--json", str(args.json), *further),
        ]
    )
    try:
        code = train.wait()
    except KeyboardInterrupt:
        code = train.wait()
    load.append(os.getloadavg())
    arm.send_signal(signal.SIGINT)
    speed = arm.stdout.read().strip()
    arm.wait()
    measured = {
        "joint_log": judge(log),
        "control": recorder.found(),
        "faults_of_the_driver": faults(args.run_dir),
        "simulated_arm": speed,
        "load_average_before_after": load,
        "cores": os.cpu_count(),
    }
    print(json.dumps(measured, indent=2))
    if code == 0:
        result = json.loads(args.json.read_text())
        args.json.write_text(json.dumps({**result, "real_arm_path": measured}, indent=2) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
