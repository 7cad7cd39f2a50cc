"""Pictures at the size that each prior works at."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.picture import common_size, multiple, resize, shrink, tile


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("count", [1, 41])
def test_a_shrunk_tile_is_the_tile_of_resized_cameras(factor: int, count: int) -> None:
    cameras = noise(count, 2, 64 * factor, 64 * factor)
    resized = [tile([resize(image, 64) for image in images]) for images in cameras]
    shrunk = shrink(np.stack([tile(list(images)) for images in cameras]), (64, 128))
    np.testing.assert_array_equal(shrunk, resized)


def test_pictures_of_the_size_stay_as_they_are() -> None:
    pictures = noise(2, 64, 128)
    assert shrink(pictures, (64, 128)) is pictures
    assert shrink(noise(0, 128, 256), (64, 128)).shape == (0, 64, 128, 3)


def test_rows_out_of_a_larger_array_are_shrunk_as_copies_of_them_are() -> None:
    pictures = noise(4, 128, 300)[::2, :, 10:266]
    np.testing.assert_array_equal(shrink(pictures, (64, 128)), shrink(pictures.copy(), (64, 128)))


@pytest.mark.parametrize("size", [(32, 64), (96, 192), (128, 128), (64, 256), (65, 128)])
def test_other_sizes_are_refused(size: tuple[int, int]) -> None:
    wrong = rf"pictures are {size[0]}x{size[1]}, valid: 64x128 or a whole multiple"
    with pytest.raises(ValueError, match=wrong):
        shrink(noise(1, *size), (64, 128))
    assert multiple(size, (64, 128)) == 0


def test_the_largest_size_is_the_common_one() -> None:
    assert common_size({"a": (64, 128), "b": None, "c": (128, 256)}) == (128, 256)
    assert common_size({"a": None}) is None
    with pytest.raises(ValueError, match="sizes are a 64x128, b 96x192, valid: the largest is"):
        common_size({"a": (64, 128), "b": (96, 192)})
