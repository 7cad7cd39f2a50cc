"""The success head that looks at the picture itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fmac_ros.paths import package_dir
from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.embedded import EmbeddedSuccess, PictureScorer
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig, is_picture_head

SHIPPED = package_dir() / "weights"
SIZES: dict[str, int] = {"width_fine": 8, "width_coarse": 8, "blocks": 1}


class OneSentence:
    """A text encoder with one vector for everything."""

    def encode(self, sentence: str) -> np.ndarray:
        return np.ones(384, np.float32)


@pytest.fixture
def head() -> PictureHead:
    torch.manual_seed(0)
    return PictureHead(PictureHeadConfig(**SIZES)).eval()


def test_it_starts_with_the_layers_of_the_autoencoder(head: PictureHead) -> None:
    encoder = PictureAutoencoder(**SIZES).encoder
    film = head.fine.blocks[0].film.weight.clone()
    head.start_from(encoder)
    pictures = torch.rand(2, 3, 64, 128) * 2 - 1
    torch.testing.assert_close(head.enter(head.unshuffle(pictures)), encoder[:2](pictures))
    torch.testing.assert_close(head.down.weight, encoder[3].weight)
    torch.testing.assert_close(head.fine.blocks[0].film.weight, film)


def test_a_first_level_sees_pictures_of_twice_the_size(tmp_path: Path) -> None:
    config = PictureHeadConfig(picture_size=(128, 256), width_first=8, **SIZES)
    head = PictureHead(config).eval()
    head.save_pretrained(tmp_path)
    again = PictureHead.from_pretrained(tmp_path, dtype=torch.float32).eval()
    pictures, sentences = torch.rand(2, 3, 128, 256) * 2 - 1, torch.ones(2, 384)
    logits = head(pictures, sentences)
    assert logits.shape == (2,)
    torch.testing.assert_close(again(pictures, sentences), logits)
    with pytest.raises(ValueError, match="width_first is 8, valid: 0"):
        head.start_from(PictureAutoencoder(**SIZES).encoder)


def test_a_picture_must_divide_into_the_cells_of_the_last_map() -> None:
    with pytest.raises(ValueError, match="picture is 72x128, valid: multiples of 16"):
        PictureHead(PictureHeadConfig(picture_size=(72, 128), width_first=8, **SIZES))


def test_the_shipped_head_fills_every_weight() -> None:
    head, info = PictureHead.from_pretrained(
        SHIPPED / "success", dtype=torch.float32, output_loading_info=True
    )
    assert head.first is None and not info["missing_keys"] and not info["unexpected_keys"]


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


def test_it_serves_as_the_success_prior(head: PictureHead, tmp_path: Path) -> None:
    head.save_pretrained(tmp_path)
    assert is_picture_head(tmp_path)
    prior = EmbeddedSuccess(PictureScorer(head, OneSentence()))
    pictures = np.random.default_rng(0).integers(0, 256, (70, 64, 128, 3), np.uint8)
    scores = prior.scores(pictures, "any")
    assert scores.shape == (70,) and ((scores > 0) & (scores < 1)).all()
    np.testing.assert_allclose(prior.scores(pictures[64:], "any"), scores[64:], rtol=1e-4)
    with pytest.raises(ValueError, match=r"pictures have shape .*, valid: \(n, 64, 128, 3\)"):
        prior.scores(pictures[:, :32], "any")
