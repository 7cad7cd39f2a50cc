"""Silent sources are named, with what is probably wrong."""

from __future__ import annotations

from fmac_ros.ros.source_watch import SourceWatch


def test_names_the_silent_topic_and_why() -> None:
    publishers = {"/front": 0, "/joints": 1}
    watch = SourceWatch({"f": "/front", "j": "/joints"}, publishers.__getitem__, stale_after=1.0)
    assert watch.problems(0.0) == [
        "nobody publishes /front",
        "/joints has a publisher but no message came (reliability, or it is stuck)",
    ]
    watch.arrived("f", 1.0)
    watch.arrived("j", 1.0)
    assert watch.problems(1.5) == []
    publishers["/front"] = 1
    watch.arrived("j", 3.0)
    assert watch.problems(3.5) == ["/front is silent for 2.5 s"]
