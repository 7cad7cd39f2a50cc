"""The head of the value and success priors, which looks at the picture itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_priors import save_tiny_priors

from fmac_ros.paths import package_dir
from fmac_ros.priors.distilled.latent_head import LatentHead, LatentHeadConfig
from fmac_ros.priors.embedded import EmbeddedSuccess, PictureScorer
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig, load_picture_head
from fmac_ros.priors.registry import load_priors

SHIPPED = package_dir() / "weights"
SIZES: dict[str, int] = {"width_first": 8, "width_fine": 8, "width_coarse": 8, "blocks": 1}


class OneSentence:
    """A text encoder with one vector for everything."""

    def encode(self, sentence: str) -> np.ndarray:
        return np.ones(384, np.float32)


@pytest.fixture
def head() -> PictureHead:
    torch.manual_seed(0)
    return PictureHead(PictureHeadConfig(picture_size=(64, 128), **SIZES)).eval()


def test_a_saved_head_answers_the_same(head: PictureHead, tmp_path: Path) -> None:
    head.save_pretrained(tmp_path)
    again = load_picture_head(tmp_path).eval()
    pictures, sentences = torch.rand(2, 3, 64, 128) * 2 - 1, torch.ones(2, 384)
    logits = head(pictures, sentences)
    assert logits.shape == (2,)
    torch.testing.assert_close(again(pictures, sentences), logits)


def test_a_picture_must_divide_into_the_cells_of_the_last_map() -> None:
    with pytest.raises(ValueError, match="picture is 72x128, valid: multiples of 16"):
        PictureHead(PictureHeadConfig(picture_size=(72, 128), **SIZES))


@pytest.mark.parametrize("part", ["value", "success"])
def test_the_shipped_heads_fill_every_weight(part: str) -> None:
    head, info = PictureHead.from_pretrained(
        SHIPPED / part, dtype=torch.float32, output_loading_info=True
    )
    assert head.config.picture_size == [128, 256]
    assert not info["missing_keys"] and not info["unexpected_keys"]


def test_a_head_of_another_form_is_refused(head: PictureHead, tmp_path: Path) -> None:
    LatentHead(LatentHeadConfig()).save_pretrained(tmp_path / "latents")
    with pytest.raises(ValueError, match="latents holds a 'fmac_latent_head' .*: a 'fmac_pict"):
        load_picture_head(tmp_path / "latents")
    head.config.width_first = 0  # two levels, as heads for 64 pixels had
    head.save_pretrained(tmp_path / "two")
    with pytest.raises(ValueError, match="two holds a 'fmac_picture_head' with width_first 0"):
        load_picture_head(tmp_path / "two")


@pytest.mark.parametrize("part", ["value", "success"])
def test_priors_with_a_head_on_latents_are_refused(part: str, tmp_path: Path) -> None:
    root = save_tiny_priors(tmp_path)
    (root / part / "model.safetensors").unlink()
    LatentHead(LatentHeadConfig()).save_pretrained(root / part)
    with pytest.raises(ValueError, match=f"{part} holds a 'fmac_latent_head'"):
        load_priors(root)


def test_it_tells_a_shift_of_one_pixel_apart_after_a_few_steps(head: PictureHead) -> None:
    pictures = torch.full((2, 3, 64, 128), -1.0)
    pictures[0, :, 20:24, 40:44] = pictures[1, :, 20:24, 41:45] = 1.0
    target, sentences = torch.tensor([1.0, 0.0]), torch.ones(2, 384)
    optimizer = torch.optim.Adam(head.parameters(), 3e-3)
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            head(pictures, sentences), target
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    logits = head(pictures, sentences)
    assert logits[0] > 2 and logits[1] < -2


def test_it_serves_as_the_success_prior(head: PictureHead) -> None:
    prior = EmbeddedSuccess(PictureScorer(head, OneSentence()))
    pictures = np.random.default_rng(0).integers(0, 256, (70, 64, 128, 3), np.uint8)
    scores = prior.scores(pictures, "any")
    assert scores.shape == (70,) and ((scores > 0) & (scores < 1)).all()
    np.testing.assert_allclose(prior.scores(pictures[64:], "any"), scores[64:], rtol=1e-4)
    with pytest.raises(ValueError, match=r"pictures have shape .*, valid: \(n, 64, 128, 3\)"):
        prior.scores(pictures[:, :32], "any")
