"""Fine-tuning goes on from other weights, which must look through the same latent space."""

from __future__ import annotations

from typing import TypeVar

from diffusers import ModelMixin

from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.weights import version_of

Model = TypeVar("Model", bound=ModelMixin)


def as_new(loaded: Model) -> Model:
    """The same model, saved without the name of the folder that ``loaded`` came from."""
    own = {name: value for name, value in loaded.config.items() if not name.startswith("_")}
    model = type(loaded)(**own)
    model.load_state_dict(loaded.state_dict())
    return model


def check_latent_space(settings: PretrainSettings) -> None:
    """Raise ValueError unless ``start_from`` was trained on the latents at hand."""
    assert settings.start_from is not None
    theirs, ours = (
        version_of(root / "encoder") for root in (settings.start_from, settings.weights)
    )
    if theirs != ours:
        raise ValueError(
            f"the priors in {settings.start_from} use the encoder {theirs}, {settings.weights} has "
            f"{ours}; fine-tuning needs the same encoder in both, so copy that one"
        )
