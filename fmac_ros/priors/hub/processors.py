"""The processor of a vision-language model, also where only pictures can be processed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from transformers import AutoImageProcessor, AutoProcessor, AutoTokenizer
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.utils import is_torchvision_available

from fmac_ros.priors.hub.pretrained import SAFE

LOADING = {key: SAFE[key] for key in ("trust_remote_code", "local_files_only")}


def load_processor(folder: Path, config: Any) -> Any:
    """Load what turns chats with pictures into a model's input.

    The part for videos needs torchvision and is never used here; without torchvision it is left
    out, and everything else is loaded as usual.

    Args:
        folder: the model's directory.
        config: the model's configuration.
    """
    known = PROCESSOR_MAPPING.get(type(config), None)
    if is_torchvision_available() or known is None or "video_processor" not in _parts(known):
        return AutoProcessor.from_pretrained(folder, **LOADING)
    return _without_videos(known, folder)


def _without_videos(known: Any, folder: Path) -> Any:
    class PictureProcessor(known):
        """The known class less its part for videos."""

        # SmolVLM's chat asks how videos would be sampled even where there is none.
        video_processor = SimpleNamespace(num_frames=None, fps=None)

        @classmethod
        def get_attributes(cls) -> list[str]:
            return [part for part in _parts(known) if part != "video_processor"]

    loaders = {"image_processor": AutoImageProcessor, "tokenizer": AutoTokenizer}
    parts = [
        loaders[part].from_pretrained(folder, **LOADING) if part in loaders else None
        for part in _parts(known)
    ]
    settings, _ = known.get_processor_dict(folder, local_files_only=True)
    return PictureProcessor.from_args_and_dict(parts, settings)


def _parts(known: Any) -> list[str]:
    return list(known.get_attributes())
