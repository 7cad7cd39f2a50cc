"""All pictures of a data set have one size, and fine-tuning needs twice the encoder's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from safetensors import safe_open

from fmac_ros.priors.pretrain.autoencoder import HALF
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.sources.common import PICTURE_SIZE, Source

Size = tuple[int, int]  # height, width


def check_picture_size(sources: Sequence[Source], settings: PretrainSettings) -> None:
    """Raise ValueError unless the sources' pictures fit each other and what is there."""
    there = dict(_there(settings))
    for source in sources:
        size = (PICTURE_SIZE, PICTURE_SIZE * len(source.cameras))
        for what, other in there.items():
            if other != size:
                raise ValueError(
                    f"{source.name} has pictures of {size[0]}x{size[1]} ({len(source.cameras)} "
                    f"cameras: {', '.join(source.cameras)}), {what} of {other[0]}x{other[1]}: "
                    f"choose {other[1] / PICTURE_SIZE:g} with --cameras"
                )
        there[source.name] = size


def _there(settings: PretrainSettings) -> Iterator[tuple[str, Size]]:
    """What already decides the size, by name."""
    for folder in (settings.videos, settings.validation):
        first = next(iter(sorted(folder.glob("shard_*.safetensors"))), None)
        if first is not None:
            yield str(folder), _size_of_shard(first)
    if settings.start_from is not None:
        config = json.loads((settings.start_from / "encoder" / "config.json").read_text())
        yield str(settings.start_from), (HALF * config["height"], HALF * config["width"])


def _size_of_shard(path: Path) -> Size:
    with safe_open(path, framework="numpy") as shard:
        _, height, width, _ = shard.get_slice("pictures").get_shape()
    return height, width
