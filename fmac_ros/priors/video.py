"""Few-step sampling of latent videos, as a diffusers pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import DDIMScheduler
from diffusers.pipelines.pipeline_utils import DiffusionPipeline

from fmac_ros.priors.denoiser import LatentDenoiser

DIFFUSION_TIMES = 1000


def make_scheduler() -> DDIMScheduler:
    """The noise schedule used in training and sampling.

    ``trailing`` with zero terminal signal starts at pure noise, which a handful of steps
    needs (Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed");
    the network predicts the clean sample, since noise cannot be predicted from pure noise.
    """
    return DDIMScheduler(
        num_train_timesteps=DIFFUSION_TIMES,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        clip_sample=False,
    )


class VideoPipeline(DiffusionPipeline):
    """From latents and sentences to N future latents.

    Args:
        steps: denoising steps of a sample.
    """

    def __init__(self, denoiser: LatentDenoiser, scheduler: DDIMScheduler, steps: int = 4) -> None:
        super().__init__()
        self.register_modules(denoiser=denoiser, scheduler=scheduler)
        self.register_to_config(steps=steps)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **kwargs: Any) -> VideoPipeline:
        """Load from a directory or hub id written by ``save_pretrained``.

        diffusers resolves only its own and transformers' classes by name, so the two parts
        are loaded through their own ``from_pretrained`` here.
        """
        source = str(pretrained_model_name_or_path)
        index = cls.load_config(source)
        denoiser = LatentDenoiser.from_pretrained(source, subfolder="denoiser", **kwargs)
        scheduler = DDIMScheduler.from_pretrained(source, subfolder="scheduler")
        return cls(denoiser, scheduler, index["steps"])

    @torch.inference_mode()
    def __call__(
        self,
        latents: torch.Tensor,
        sentences: torch.Tensor,
        seed: int,
        callback: Callable[[float], None] | None = None,
    ) -> torch.Tensor:
        """Imagine the future of each latent.

        Args:
            latents: (n, c, h, w) current latents.
            sentences: (n, d) sentence embeddings.
            seed: of the noise; equal seeds and inputs give equal videos.
            callback: told the finished fraction after each denoising step.

        Returns:
            (n, N, c, h, w) latents of future frames 1..N.
        """
        n, channels, height, width = latents.shape
        frames = self.denoiser.config.frames
        generator = torch.Generator().manual_seed(seed)
        shape = (n, frames * channels, height, width)
        # Drawn on the CPU, so that a seed gives the same video on every device.
        sample = torch.randn(shape, generator=generator).to(latents.device)
        self.scheduler.set_timesteps(self.config.steps, device=latents.device)
        for step, time in enumerate(self.scheduler.timesteps):
            clean = self.denoiser(sample, time.expand(n), latents, sentences)
            sample = self.scheduler.step(clean, time, sample, eta=0.0).prev_sample
            if callback is not None:
                callback((step + 1) / self.config.steps)
        change = sample.view(n, frames, channels, height, width)
        return latents.unsqueeze(1) + change * self.denoiser.scales(change)
