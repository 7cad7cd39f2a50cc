"""What the trainer makes of the prior server's answers."""

from __future__ import annotations

import pytest

from fmac_ros.ros.calls import Refused, Unanswered
from fmac_ros.ros.prior_client import _checked
from fmac_ros.srv import EstimateValue


def test_a_busy_server_is_asked_again_and_a_refusal_counts() -> None:
    with pytest.raises(Unanswered, match="prior_server is busy: 64 value requests"):
        _checked(EstimateValue.Response(error="busy: 64 value requests wait already"))
    with pytest.raises(Refused, match="the sentence is empty"):
        _checked(EstimateValue.Response(error="the sentence is empty"))
