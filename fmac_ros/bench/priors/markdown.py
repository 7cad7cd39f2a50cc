"""A measurement as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from fmac_ros.bench.priors.judging import Row
from fmac_ros.report.markdown import markdown_table

COLUMNS = {
    "task": "task",
    "arm": "arm",
    "arm_seen": "arm seen",
    "value_order_correlation": "value order",
    "value_calibration_error": "value calibration error",
    "success_auc": "success AUC",
    "recall_at_1pct_fpr": "recall at 1 % false positives",
    "false_positive_rate": "false positives",
    "false_negative_rate": "false negatives",
    "video_error": "video error / copying",
    "video_follow_success": "success following the video",
}


def table(rows: Sequence[Row]) -> str:
    """Markdown with one line a row; what was not measured is a dash."""
    names = [name for name in COLUMNS if any(name in row for row in rows)]
    lines = [[_cell(row.get(name)) for name in names] for row in rows]
    return markdown_table([COLUMNS[name] for name in names], lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
