"""Which arms the priors have seen."""

from __future__ import annotations

from fmac_ros.priors.pretrain.report import read_json
from fmac_ros.priors.registry import PARTS, find_priors
from fmac_ros.priors.spec import EMBEDDED, read_spec


def seen_arms(priors: str) -> tuple[str, ...] | None:
    """Arms in the videos that any part learned from; None where that is not known."""
    spec = read_spec(priors)
    if any(kind.backend != EMBEDDED for kind in (spec.value, spec.success, spec.video)):
        return None
    folder = find_priors(priors)
    found = [read_json(folder / part / "settings.json").get("videos", {}) for part in PARTS]
    arms = {arm for videos in found for arm in videos.get("arms", ())}
    return tuple(sorted(arms)) or None
