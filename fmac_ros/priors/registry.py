"""Load the foundation priors by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import transformers

from fmac_ros.devices import pick_device
from fmac_ros.paths import package_dir
from fmac_ros.picture import Size, common_size
from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.backends import KINDS, Context, make_prior
from fmac_ros.priors.base import LatentSpace, SuccessPrior, TextEncoder, ValuePrior, VideoPrior
from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.oracle.truth import TruthSource
from fmac_ros.priors.remembering import RememberingEncoder
from fmac_ros.priors.spec import EMBEDDED, ORACLE, PriorSpec, read_spec, uses_oracle
from fmac_ros.priors.text import SentenceEncoder
from fmac_ros.priors.weights import DIFFUSERS_LOADING, version_of
from fmac_ros.trust.calibrated import calibrated
from fmac_ros.trust.calibration import FILE, ThresholdOptions

PARTS = ("encoder", "value", "success", "video")
CALIBRATION = "calibration"  # option of any success prior: a file of fmac calibrate


@dataclass(frozen=True)
class Priors:
    """The priors of one run and the latent space they share.

    Attributes:
        picture_size: (h, w) of the pictures to be taken for them, all cameras side by side: the
            largest that one of them works at; the others shrink it.

    Raises:
        ValueError: no picture fits all of them.
    """

    encoder: LatentSpace
    value: ValuePrior
    success: SuccessPrior
    video: VideoPrior
    text: TextEncoder
    picture_size: Size = field(init=False)

    def __post_init__(self) -> None:
        parts = {kind: getattr(self, kind).picture_size for kind in KINDS}
        size = common_size({"encoder": self.encoder.picture_size, **parts})
        object.__setattr__(self, "picture_size", size)

    def status(self) -> dict[str, float | int | str]:
        """What the priors tell of themselves, such as ``success_trusted``."""
        told: dict[str, float | int | str] = {}
        for kind in KINDS:
            part: dict[str, float | int | str] = getattr(getattr(self, kind), "status", dict)()
            told.update({f"{kind}_{key}": value for key, value in part.items()})
        return told

    def close(self) -> None:
        """End the threads of those that have some; the priors answer no more."""
        for kind in KINDS:
            getattr(getattr(self, kind), "close", lambda: None)()


def load_priors(
    name: str | Path = EMBEDDED,
    thresholds: ThresholdOptions | None = None,
    truth: TruthSource | None = None,
    device: str = "cpu",
) -> Priors:
    """Load all priors.

    Args:
        name: ``embedded``, a directory with ``encoder/ value/ success/ video/``, the hub id
            (``owner/name``) of a repository laid out like that, or a YAML file (``spec``).
        thresholds: false positives asked of the success prior; 1 % of the unsolved frames by
            default. It needs the prior's calibration (``trust.calibrated``).
        truth: for an oracle's spec alone, what the simulator knows.
        device: where the embedded priors and the latent space compute (``pick_device``).

    Raises:
        FileNotFoundError: there are no priors of that name.
        ValueError: the file or an option in it is not valid, or no picture fits all priors.
    """
    if truth is not None and not uses_oracle(name):
        raise ValueError(f"priors are {name}, valid with ground truth: those that name an oracle")
    spec, root = read_spec(name), find_priors(name)
    transformers.utils.logging.disable_progress_bar()
    text = SentenceEncoder()
    place = str(pick_device(device))
    encoder = RememberingEncoder(load_encoder_from(root / "encoder", place))
    context = Context(root, encoder, text, truth, place)

    def make(kind: str, prior: PriorSpec) -> Any:
        return make_prior(kind, prior.backend, prior.options, context)

    return Priors(
        encoder=encoder,
        value=make("value", spec.value),
        success=_make_success(spec.success, context, thresholds or ThresholdOptions()),
        video=make("video", spec.video),
        text=text,
    )


def _make_success(spec: PriorSpec, context: Context, thresholds: ThresholdOptions) -> SuccessPrior:
    """The success prior with calibrated thresholds, where it has a calibration."""
    options = dict(spec.options)
    given = options.pop(CALIBRATION, None)
    prior: SuccessPrior = make_prior("success", spec.backend, options, context)
    if spec.backend == ORACLE:
        return prior
    if given is not None:
        return calibrated(prior, Path(str(given)), thresholds, required=True)
    own = context.root / "success" / FILE if spec.backend == EMBEDDED else None
    return calibrated(prior, own, thresholds)


def load_encoder(name: str | Path = EMBEDDED) -> Encoder:
    """Load only the latent space, all that acting and learning need."""
    return load_encoder_from(find_priors(name) / "encoder")


def load_encoder_from(folder: Path, device: str = "cpu") -> Encoder:
    """Load the latent space from its own directory."""
    model = PictureAutoencoder.from_pretrained(folder, **DIFFUSERS_LOADING)
    return Encoder(model.to(device), version_of(folder))


def find_priors(name: str | Path) -> Path:
    """Return the directory that holds the embedded priors and latent space of ``name``."""
    name = read_spec(name).root
    if name == EMBEDDED:
        root = package_dir() / "weights"
    elif Path(name).is_dir():
        root = Path(name)
    elif name.count("/") == 1 and not name.startswith((".", "/", "~")):
        root = _download(name)
    else:
        raise FileNotFoundError(
            f"no priors at {name!r}, valid: {EMBEDDED!r}, a directory, or a hub id owner/name"
        )
    missing = [part for part in PARTS if not (root / part).is_dir()]
    if missing:
        raise FileNotFoundError(
            f"priors in {root} lack {', '.join(missing)}; 'fmac pretrain' makes all of them"
        )
    return root


def _download(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns = ["**/*.json", "**/*.safetensors"]  # never pickled weights
    return Path(snapshot_download(hub_id, allow_patterns=patterns))
