"""Find and load an image-to-video pipeline of diffusers, whole and from safe files only."""

from __future__ import annotations

import inspect
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from fmac_ros.devices import pick_device
from fmac_ros.priors.hub.loading import (
    check_files,
    find_model,
    hub_errors,
    need_package,
    quantisation_config,
)
from fmac_ros.priors.hub.video_options import VideoOptions

INDEX = "model_index.json"
LIBRARIES = {"diffusers": diffusers, "transformers": transformers}
LARGE = ("transformer", "transformer_2", "unet", "text_encoder", "text_encoder_2")  # quantised


def load_pipeline(options: VideoOptions) -> tuple[Any, Path]:
    """Return a pipeline on its device, and the directory it came from.

    Raises:
        FileNotFoundError: the model or a file of it is missing; says how to get it.
        ValueError: it is damaged, incomplete, or no image-to-video pipeline.
    """
    folder = _find(options)
    kind, index = _kind(folder, options)
    with hub_errors(options.model):
        models = {
            name: _load_model(name, entry, folder, options)
            for name, entry in index.items()
            if _is_model(name, entry, kind, options)
        }
        pipeline = kind.from_pretrained(folder, **models, **_safe(options))
    pipeline.set_progress_bar_config(disable=True)
    return _place(pipeline, options), folder


def _find(options: VideoOptions) -> Path:
    """The pipeline's directory; of the hub's, only the files that it needs are downloaded."""
    folder = find_model(options.model, options.revision, (INDEX,))
    if not Path(options.model).expanduser().is_dir():
        with hub_errors(options.model):
            folder = Path(
                diffusers.DiffusionPipeline.download(
                    options.model,
                    revision=options.revision or None,
                    variant=options.variant or None,
                    use_safetensors=True,
                    trust_remote_code=False,
                )
            )
    return check_files(folder, INDEX)


def _kind(folder: Path, options: VideoOptions) -> tuple[Any, dict[str, Any]]:
    """The pipeline class to load, and the entries of the index that name its parts."""
    try:
        index = json.loads((folder / INDEX).read_text())
        name = options.pipeline or index["_class_name"]
        parts = {key: entry for key, entry in index.items() if isinstance(entry, list)}
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / INDEX} is not that of a pipeline: {error!r}") from error
    # Repositories that serve several uses are saved as their text-to-video pipeline.
    related = str(name).replace("Pipeline", "ImageToVideoPipeline")
    for candidate in (str(name), related):
        kind = getattr(diffusers, candidate, None)
        if inspect.isclass(kind) and _makes_video(kind):
            _need_packages(kind)
            return kind, parts
    raise ValueError(
        f"pipeline of {options.model} is {name!r}, valid: an image-to-video pipeline of diffusers "
        f"{diffusers.__version__}, such as LTXImageToVideoPipeline"
    )


def _makes_video(kind: Any) -> bool:
    call = inspect.signature(kind.__call__).parameters
    wanted = {"image", "num_frames", "generator", "output_type", "callback_on_step_end"}
    return issubclass(kind, diffusers.DiffusionPipeline) and wanted <= set(call)


def _need_packages(kind: Any) -> None:
    """Some pipelines mend the prompt with ftfy and fail late where it is missing."""
    module = sys.modules[kind.__module__]
    if hasattr(module, "prompt_clean") and hasattr(module, "is_ftfy_available"):
        need_package("ftfy", kind.__name__)


def _is_model(name: str, entry: list[Any], kind: Any, options: VideoOptions) -> bool:
    """Whether a part of the pipeline has weights."""
    library, class_name = entry
    if library is None or name not in inspect.signature(kind.__init__).parameters:
        return False
    found = getattr(LIBRARIES.get(library), str(class_name), None)
    if found is None:
        raise ValueError(
            f"{name} of {options.model} is a {class_name} of {library}, valid: classes of the "
            "installed diffusers and transformers"
        )
    return inspect.isclass(found) and issubclass(found, torch.nn.Module)


def _load_model(name: str, entry: list[str], folder: Path, options: VideoOptions) -> Any:
    """One model; loaded here, because the pipeline would fill absent tensors with noise."""
    if not (folder / name / "config.json").is_file():
        raise FileNotFoundError(f"no config.json in {folder / name}, download it again")
    kwargs = _safe(options)
    kind = _loadable(getattr(LIBRARIES[entry[0]], entry[1]), kwargs)
    if entry[0] == "transformers":
        del kwargs["low_cpu_mem_usage"]  # transformers always does
        kwargs["dtype"] = kwargs.pop("torch_dtype")
    if options.quantisation != "none" and name in LARGE:
        kwargs["quantization_config"] = _quantisation(entry[0], options)
    model, report = kind.from_pretrained(folder, subfolder=name, output_loading_info=True, **kwargs)
    absent = sorted(report["missing_keys"])
    if absent:
        raise ValueError(
            f"weights of {name} in {folder} lack {len(absent)} tensors of {entry[1]}, such as "
            f"{absent[0]}: they are incomplete or of another kind of model"
        )
    return model.eval()


def _loadable(kind: Any, kwargs: dict[str, Any]) -> Any:
    """``kind``, or where accelerate is missing one that loads without it.

    diffusers needs accelerate for a model with parts that stay in float32; where all of it is
    in float32, there is nothing to keep apart.
    """
    if getattr(kind, "_keep_in_fp32_modules", None) is None or kwargs["low_cpu_mem_usage"]:
        return kind
    if not issubclass(kind, diffusers.ModelMixin):
        return kind
    if kwargs["torch_dtype"] is not torch.float32:
        need_package("accelerate", f"{kind.__name__} in {kwargs['torch_dtype']}")
    return type(kind.__name__, (kind,), {"_keep_in_fp32_modules": None})


def _safe(options: VideoOptions) -> dict[str, Any]:
    device = pick_device(options.device)
    usual = torch.float32 if device.type == "cpu" else torch.bfloat16
    return {
        "torch_dtype": usual if options.dtype == "auto" else getattr(torch, options.dtype),
        "variant": options.variant or None,
        "use_safetensors": True,
        "trust_remote_code": False,
        "local_files_only": True,
        "low_cpu_mem_usage": find_spec("accelerate") is not None,
    }


def _quantisation(library: str, options: VideoOptions) -> Any:
    config = quantisation_config(options)
    if library == "transformers":
        return config
    if options.quantisation == "int8":
        return diffusers.BitsAndBytesConfig(load_in_8bit=True)
    return diffusers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_compute_dtype=config.bnb_4bit_compute_dtype
    )


def _place(pipeline: Any, options: VideoOptions) -> Any:
    device = pick_device(options.device)
    if options.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif options.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        pipeline.to(device)
    return pipeline
