"""Fine-tuning goes on from other weights, which must look through the same latent space."""

from __future__ import annotations

from typing import TypeVar

from diffusers import ModelMixin

from fmac_ros.priors.autoencoder import PictureAutoencoder
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
    """Check that ``start_from`` was trained on the latents at hand, or on ones close to them.

    Raises:
        ValueError: the encoder is neither that of ``start_from`` nor fine-tuned from it.
    """
    assert settings.start_from is not None
    theirs, ours = (
        version_of(root / "encoder") for root in (settings.start_from, settings.weights)
    )
    before = PictureAutoencoder.load_config(settings.weights / "encoder").get("started_from", "")
    if theirs not in (ours, before):
        raise ValueError(
            f"the priors in {settings.start_from} use the encoder {theirs}, {settings.weights} has "
            f"{ours}; fine-tuning needs that encoder or one fine-tuned from it: copy it, or run "
            "the stage 'autoencoder' with --start-from"
        )
