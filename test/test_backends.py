"""Backends are chosen by name or by a YAML file, and a wrong choice is explained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fmac_ros.priors import backends
from fmac_ros.priors.backends import backend_names, make_prior, parse_options, register
from fmac_ros.priors.base import CONDITIONINGS
from fmac_ros.priors.registry import load_priors
from fmac_ros.priors.spec import PriorSpec, PriorsSpec, read_spec


@dataclass(frozen=True)
class Size:
    """Options of the tests' backend."""

    width: int
    height: int = 2

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width is {self.width}, valid: 1 or more")


@pytest.fixture(autouse=True)
def _own_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backends that a test registers go with it."""
    backend_names("value")
    monkeypatch.setattr(backends, "_BACKENDS", dict(backends._BACKENDS))


def write(folder: Path, text: str) -> Path:
    path = folder / "priors.yaml"
    path.write_text(text)
    return path


def test_a_name_stands_for_embedded_priors() -> None:
    assert read_spec("owner/name") == PriorsSpec(root="owner/name")
    assert read_spec("embedded").value == PriorSpec("embedded")


def test_a_file_chooses_each_backend(tmp_path: Path) -> None:
    text = "value: {backend: sized, width: 3}\nroot: here\n"
    spec = read_spec(write(tmp_path, text))
    assert spec.root == "here" and spec.video == PriorSpec("embedded")
    assert spec.value == PriorSpec("sized", {"width": 3})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- 1", "holds a list"),
        ("{", "is not YAML"),
        ("reward: {backend: embedded}", "unknown key 'reward', valid: root, value"),
        ("value: embedded", "value is 'embedded', valid: a mapping with 'backend'"),
        ("value: {model: x}", "valid: a mapping with 'backend'"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as error:
        read_spec(write(tmp_path, text))
    assert "priors.yaml" in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing.yaml"):
        read_spec(tmp_path / "nothing.yaml")


def test_a_backend_registers_itself() -> None:
    register("value", "sized")(lambda options, context: parse_options(Size, options))
    assert make_prior("value", "sized", {"width": 3}, None) == Size(3, 2)  # type: ignore[arg-type]
    for options, complaint in (
        ({}, "value prior, backend 'sized': option 'width' is missing"),
        ({"width": 0}, "width is 0, valid: 1 or more"),
        ({"width": 1, "depth": 2}, "unknown option 'depth', valid: width, height"),
    ):
        with pytest.raises(ValueError, match=complaint):
            make_prior("value", "sized", options, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="backend of video is 'sized', valid: .*embedded"):
        make_prior("video", "sized", {}, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="kind is 'reward', valid: value, success, video"):
        register("reward", "sized")


def test_a_file_loads_and_says_what_it_needs(tmp_path: Path) -> None:
    priors = load_priors(write(tmp_path, "success: {backend: embedded}"))
    sizes = {priors.value: (128, 256), priors.success: (128, 256), priors.video: (64, 128)}
    for prior, size in sizes.items():
        assert prior.picture_size == size
        assert set(prior.conditioning) <= set(CONDITIONINGS)
        assert prior.name and prior.version
    with pytest.raises(ValueError, match="success prior, backend 'embedded': unknown option 'x'"):
        load_priors(write(tmp_path, "success: {backend: embedded, x: 1}"))
