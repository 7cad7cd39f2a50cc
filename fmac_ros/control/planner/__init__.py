"""Ways for the whole arm from one pose to another, clear of itself and the table."""

from fmac_ros.control.planner.path import NoPathError, Path, PathPlanner
from fmac_ros.control.planner.planner import Planner

__all__ = ["NoPathError", "Path", "PathPlanner", "Planner"]
