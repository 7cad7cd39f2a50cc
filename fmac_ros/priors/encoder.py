"""Pictures to latents and back, numpy on both sides."""

from __future__ import annotations

import numpy as np
import torch

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.base import check_finite, fit_pictures

BATCH = 64


def to_tensor(pictures: np.ndarray, device: torch.device | str = "cpu") -> torch.Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in [-1, 1] on a device."""
    return scaled(torch.from_numpy(np.ascontiguousarray(pictures)).to(device))


def scaled(pictures: torch.Tensor) -> torch.Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in [-1, 1]."""
    return pictures.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def to_pictures(tensor: torch.Tensor) -> np.ndarray:
    """(n, 3, h, w) around [-1, 1] to (n, h, w, 3) uint8."""
    scaled = tensor.add(1.0).mul(127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


class Encoder:
    """The latent space of the embedded priors (``base.LatentSpace``)."""

    name = "fmac-autoencoder"

    def __init__(self, model: PictureAutoencoder, version: str = "untrained") -> None:
        self.model = model.eval().to(memory_format=torch.channels_last)
        self.version = version
        self.picture_size = (model.config.height, model.config.width)

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(c, h, w) of one latent."""
        return self.model.latent_shape

    @torch.inference_mode()
    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Return (n, c, h, w) float16 latents of (n, h, w, 3) uint8 pictures."""
        pictures = fit_pictures(pictures, self.picture_size)
        out = np.empty((len(pictures), *self.latent_shape), dtype=np.float16)
        for start in range(0, len(pictures), BATCH):
            batch = to_tensor(pictures[start : start + BATCH], self.model.device)
            out[start : start + BATCH] = self.model.encode(batch).cpu().numpy()
        return check_finite(out, self.name)

    @torch.inference_mode()
    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Return (n, H, W, 3) uint8 pictures of (n, c, h, w) latents."""
        if latents.ndim != 4 or latents.shape[1:] != self.latent_shape:
            c, h, w = self.latent_shape
            raise ValueError(f"latents have shape {latents.shape}, valid: (n, {c}, {h}, {w})")
        parts = [
            to_pictures(self.model.decode(self._tensor(part)).cpu())
            for part in np.array_split(latents, max(1, -(-len(latents) // BATCH)))
        ]
        return np.concatenate(parts)

    def _tensor(self, latents: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(latents.astype(np.float32)).to(self.model.device)
