"""Several priors as one: k of n verdicts, averages, cameras as judges of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_server import chat_server, redness, say
from untrained_priors import write_untrained

from fmac_ros.priors import backends
from fmac_ros.priors.backends import backend_names, make_prior, parse_options, register
from fmac_ros.priors.endpoint.errors import UnsureAnswer
from fmac_ros.priors.ensemble.voting import kth_largest, levels
from fmac_ros.priors.registry import load_priors

TASK = "press the red button"


@dataclass(frozen=True)
class Brightness:
    """A prior that answers with the mean of one colour, of pictures of any or one size."""

    channel: int = 0
    threshold: float = 0.5
    height: int = 0
    gain: float = 1.0
    short: bool = False
    version: str = "1"
    conditioning: tuple[str, ...] = ("text",)

    @property
    def name(self) -> str:
        return f"colour{self.channel}"

    @property
    def picture_size(self) -> tuple[int, int] | None:
        return (self.height, 2 * self.height) if self.height else None

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        answers = self.gain * pictures[..., self.channel].mean(axis=(1, 2)) / 255
        return answers.astype(np.float32)[: -1 if self.short else None]

    values = scores


@pytest.fixture(autouse=True)
def _own_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backends that a test registers go with it."""
    backend_names("value")
    monkeypatch.setattr(backends, "_BACKENDS", dict(backends._BACKENDS))
    for kind in ("value", "success"):
        register(kind, "brightness")(lambda options, _: parse_options(Brightness, options))


def make(kind: str, name: str, members: Any, **options: Any) -> Any:
    """An ensemble of brightness priors, given by their options."""
    entries = [{"backend": "brightness", **member} for member in members]
    return make_prior(kind, name, {"members": entries, **options}, None)  # type: ignore[arg-type]


def coloured(*states: tuple[float, ...]) -> np.ndarray:
    """(n, 8, 16, 3) pictures, each of one colour with shares in 0..1."""
    colours = np.array(states)[:, None, None] * 255
    return np.broadcast_to(colours, (len(states), 8, 16, 3)).astype(np.uint8)


@pytest.mark.parametrize("threshold", [0.0, 1e-9, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999999, 1.0])
def test_levels_keep_order_and_verdict(threshold: float) -> None:
    exact = np.float32(threshold)
    near = [np.nextafter(exact, np.float32(-1)), exact, np.nextafter(exact, np.float32(2))]
    random = np.random.default_rng(0).random(500, np.float32)
    scores = np.sort(np.clip(np.concatenate([random, near, [0, 1]]), 0, 1).astype(np.float32))
    level = levels(scores, threshold)
    assert level.dtype == np.float32 and level.min() >= 0 and level.max() == 1
    np.testing.assert_array_equal(level >= 0.5, scores >= threshold)
    assert (np.diff(level) >= 0).all()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_vote_is_won_exactly_by_k_verdicts(k: int) -> None:
    thresholds = (0.2, 0.5, 0.9)
    members = [{"channel": c, "threshold": t} for c, t in enumerate(thresholds)]
    vote = make("success", "vote", members, k=k)
    states = coloured(*product((0.1, 0.3, 0.6, 0.95), repeat=3))
    scores = vote.scores(states, TASK)
    shares = states[:, 0, 0] / 255
    agree = (shares >= np.array(thresholds)).sum(axis=1)
    np.testing.assert_array_equal(scores >= vote.threshold, agree >= k)
    assert scores.dtype == np.float32


def test_a_majority_decides_by_default() -> None:
    members = [{"channel": 0}, {"channel": 1}]
    states = coloured((0.9, 0.9, 0), (0.9, 0.1, 0))
    assert (make("success", "vote", members).scores(states, TASK) >= 0.5).tolist() == [True, False]
    three = make("success", "vote", [*members, {"channel": 2}])
    assert (three.scores(states, TASK) >= 0.5).tolist() == [True, False]


def test_too_few_votes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"k is 3, valid: 1\.\.2"):
        kth_largest(np.zeros((1, 2), np.float32), 3)


def test_averages() -> None:
    members = [{"channel": 0}, {"channel": 1}, {"channel": 2}]
    states = coloured((1.0, 0.0, 0.2), (0.6, 0.6, 0.6))
    answers = {
        name: make("value", name, members).values(states, TASK) for name in ("mean", "median")
    }
    np.testing.assert_allclose(answers["mean"], [0.4, 0.6], atol=1e-2)
    np.testing.assert_allclose(answers["median"], [0.2, 0.6], atol=1e-2)
    success = make("success", "mean", [{"threshold": 0.8}, {"channel": 1}], threshold=0.55)
    assert success.threshold == 0.55
    # The levels of 0.6 are 0.375 below a threshold of 0.8 and 0.6 above one of 0.5.
    np.testing.assert_allclose(success.scores(states[1:], TASK), [0.4875], atol=1e-2)


def test_each_camera_judges_by_itself() -> None:
    state = coloured((0.0, 0.0, 0.0))
    state = state.copy()
    state[:, :, 8:, 0] = 255  # the second camera alone sees it solved
    members = [{"channel": 0, "threshold": 0.9}]
    for k, won in ((1, True), (2, False)):
        vote = make("success", "vote", members, views="each", k=k)
        assert (vote.scores(state, TASK) >= 0.5).tolist() == [won]
    assert make("success", "vote", members).scores(state, TASK) < 0.5  # the mean of both is not
    with pytest.raises(ValueError, match=r"k is 3, valid: 1\.\.2, the number of votes"):
        make("success", "vote", members, views="each", k=3).scores(state, TASK)


def test_a_member_of_one_size_sees_everything() -> None:
    state = coloured((0.0, 0.0, 0.0)).copy()
    state[:, :, 8:, 0] = 255
    mean = make("value", "mean", [{"height": 8}, {}], views="each")
    assert mean.picture_size == (8, 16)
    np.testing.assert_allclose(mean.values(state, TASK), [0.5], atol=1e-2)  # (0.5 + 0 + 1) / 3
    with pytest.raises(ValueError, match=r"valid: \(n, 8, 16, 3\)"):
        mean.values(np.zeros((1, 8, 8, 3), np.uint8), TASK)
    assert make("value", "mean", [{"height": 8}, {"height": 16}]).picture_size == (16, 32)
    with pytest.raises(ValueError, match=r"members\[0\] 8x16, members\[1\] 9x18, valid"):
        make("value", "mean", [{"height": 8}, {"height": 9}])


def test_it_says_who_judged() -> None:
    vote = make("success", "vote", [{"version": "a"}, {"channel": 1, "version": "b"}], k=1)
    assert (vote.name, vote.version) == ("vote(colour0, colour1)", "a+b[k=1]")
    each = make(
        "value", "mean", [{"version": "a", "conditioning": ("goal_image",)}, {}], views="each"
    )
    assert each.version == "a+1[views=each]"
    assert each.conditioning == ("text", "goal_image")


def test_no_pictures_give_no_answers() -> None:
    for views in ("whole", "each"):
        vote = make("success", "vote", [{}, {}], views=views)
        assert vote.scores(np.zeros((0, 8, 16, 3), np.uint8), TASK).shape == (0,)


@pytest.mark.parametrize(
    ("member", "error", "complaint"),
    [
        ({"gain": float("nan")}, FloatingPointError, "colour0 answered a non-finite number"),
        ({"gain": float("inf")}, FloatingPointError, "colour0 answered a non-finite number"),
        ({"gain": 2.0}, ArithmeticError, r"colour0 answered 2\.\.2, valid: 0\.\.1"),
        ({"gain": -1.0}, ArithmeticError, "valid: 0..1"),
        ({"short": True}, RuntimeError, r"shape \(0,\), valid: \(1,\)"),
    ],
)
def test_one_bad_answer_spoils_all(member: dict, error: type, complaint: str) -> None:
    for kind, name in (("success", "vote"), ("success", "mean"), ("value", "median")):
        ensemble = make(kind, name, [{"channel": 1}, member])
        ask = ensemble.scores if kind == "success" else ensemble.values
        with pytest.raises(error, match=complaint):
            ask(coloured((1.0, 1.0, 1.0)), TASK)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "option 'members' is missing"),
        ({"members": []}, r"members is \[\], valid: a list of one or more"),
        ({"members": "embedded"}, "members is 'embedded'"),
        ({"members": [{"model": "x"}]}, r"members\[0\] is .* valid: a mapping with 'backend'"),
        (
            {"members": [{"backend": "none"}]},
            r"members\[0\]: backend of success is 'none', valid: ",
        ),
        ({"members": [{"backend": "brightness", "x": 1}]}, r"members\[0\]: .* unknown option 'x'"),
        ({"members": [{"backend": "brightness"}], "k": 2}, r"k is 2, valid: 1\.\.1"),
        ({"members": [{"backend": "brightness"}], "k": 0}, "k is 0, valid: 1, 2"),
        ({"members": [{"backend": "brightness"}], "views": "all"}, "views is 'all', valid: whole"),
    ],
)
def test_wrong_options_are_named(options: dict, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make_prior("success", "vote", options, None)  # type: ignore[arg-type]


@pytest.fixture
def url() -> Iterator[str]:
    """A server for two models: one says yes, the other how red a picture is."""
    with chat_server() as server:
        server.script = [
            lambda handler: (redness if handler.content["model"] == "red" else say("yes"))(handler)
        ]
        yield server.url


def test_real_backends_vote_together(tmp_path: Path, url: str) -> None:
    root = write_untrained(tmp_path / "priors")
    spec = tmp_path / "priors.yaml"
    spec.write_text(f"""
root: {root}
success:
  backend: vote
  k: 2
  members:
    - {{backend: embedded}}
    - {{backend: endpoint, model: sure, url: {url}}}
    - backend: vote
      k: 1
      members: [{{backend: endpoint, model: sure, url: {url}}}]
value:
  backend: mean
  views: each
  members:
    - {{backend: embedded}}
    - {{backend: endpoint, model: red, url: {url}}}
""")
    priors = load_priors(spec)
    pictures = np.zeros((2, 128, 256, 3), np.uint8)
    pictures[:, :, :128, 0] = 255
    assert priors.success.name == "vote(fmac-success, sure, vote(sure))"
    assert priors.success.picture_size == (128, 256)
    assert (priors.success.scores(pictures, TASK) >= priors.success.threshold).all()
    alone = load_priors(root).value.values(pictures, TASK)
    np.testing.assert_allclose(priors.value.values(pictures, TASK), (alone + 1 + 0) / 3, atol=1e-3)


def test_a_member_without_an_answer_is_not_passed_over() -> None:
    with chat_server() as server:
        server.script = [say("perhaps")]
        members = [
            {"backend": "brightness"},
            {"backend": "endpoint", "model": "m", "url": server.url},
        ]
        vote = make_prior("success", "vote", {"members": members, "k": 1}, None)  # type: ignore[arg-type]
        with pytest.raises(UnsureAnswer, match="neither yes nor no: perhaps"):
            vote.scores(coloured((1.0, 1.0, 1.0)), TASK)
