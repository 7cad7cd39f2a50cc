"""Train the video prior on windows of latents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from diffusers import DDIMScheduler
from torch import nn

from fmac_ros.devices import CPU, device_of
from fmac_ros.priors.denoiser import LatentDenoiser
from fmac_ros.priors.pretrain.latent_videos import LatentVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.starting import as_new, check_latent_space
from fmac_ros.priors.pretrain.training import Log, Loss, fit
from fmac_ros.priors.pretrain.windows import FRAMES, future_rows, progress_rows
from fmac_ros.priors.video import DIFFUSION_TIMES, VideoPipeline, make_scheduler
from fmac_ros.priors.weights import DIFFUSERS_LOADING

STEPS = 4
SAMPLING_TIME_SHARE = 0.5  # of a batch, at the very times that sampling visits
LATENT_NOISE = 0.05  # on the current latent [latent units]
SCALE_WINDOWS = 2048


def train_video(
    looks: Sequence[LatentVideos], values: np.ndarray, settings: PretrainSettings, log: Log
) -> VideoPipeline:
    """Train ``M_tau`` and save the pipeline in half precision.

    Args:
        looks: the same videos as they are, and moved and in other light (``latents``).
        values: (N,) M_V of every frame, which tells where a video gets on with its task.
    """
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    videos = looks[0]
    rows = progress_rows(videos.table, values, rng)
    log(f"video: {len(rows)} windows show progress")
    denoiser = _new_denoiser(videos, rng.choice(rows, SCALE_WINDOWS), settings)
    scheduler = make_scheduler()
    scales = denoiser.scales(torch.empty(0))
    for look in looks:
        look.latents.hold(settings.device)
    loss = denoising_loss(looks, rows, scheduler, scales, settings.batch("video"))
    fit("video", denoiser, loss, settings, log)
    pipeline = VideoPipeline(denoiser.half(), scheduler, STEPS)
    pipeline.save_pretrained(settings.weights / "video")
    denoiser.float()
    return pipeline


def _new_denoiser(
    videos: LatentVideos, rows: np.ndarray, settings: PretrainSettings
) -> LatentDenoiser:
    if settings.start_from is not None:
        check_latent_space(settings)
        root = settings.start_from / "video"
        return as_new(VideoPipeline.from_pretrained(root, **DIFFUSERS_LOADING).denoiser)
    return LatentDenoiser(
        latent_shape=videos.latent_shape,
        frames=FRAMES,
        text_size=videos.sentences.embeddings.shape[1],
        frame_scales=frame_scales(videos, rows),
    )


def changes(
    videos: LatentVideos, rows: np.ndarray, device: torch.device = CPU
) -> tuple[torch.Tensor, torch.Tensor]:
    """Current latents (n, c, h, w) and the N changes from them (n, N, c, h, w)."""
    ahead = future_rows(videos.table, rows)
    current, future = videos.clean(rows, device), videos.clean(ahead, device)
    return current, future - current.unsqueeze(1)


def frame_scales(videos: LatentVideos, rows: np.ndarray) -> list[float]:
    """Root mean square change of each future frame over some windows."""
    _, change = changes(videos, rows)
    return change.square().mean((0, 2, 3, 4)).sqrt().clamp_min(1e-3).tolist()


def denoising_loss(
    looks: Sequence[LatentVideos],
    starts: np.ndarray,
    scheduler: DDIMScheduler,
    scales: torch.Tensor,
    batch: int,
) -> Loss:
    """Mean square error of the clean change predicted from a noisy one (DDPM, x0 form).

    Each batch is drawn in one of the looks.
    """
    scheduler.set_timesteps(STEPS)
    visited = scheduler.timesteps.clone()

    def loss(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        rows, device = rng.choice(starts, batch), device_of(model)
        videos = looks[int(rng.integers(len(looks)))]
        current, change = changes(videos, rows, device)
        clean = (change / scales.to(device)).flatten(1, 2)  # (n, N*c, h, w)
        times = draw_times(visited, batch).to(device)
        noisy = scheduler.add_noise(clean, torch.randn_like(clean), times)
        sentences = torch.from_numpy(videos.sentences.of(videos.table.video[rows])).to(device)
        current = current + LATENT_NOISE * torch.randn_like(current)
        predicted = model(noisy, times, current, sentences)
        return (predicted.float() - clean).square().mean()

    return loss


def draw_times(visited: torch.Tensor, batch: int) -> torch.Tensor:
    """(n,) diffusion times: half uniform, half the few that sampling visits."""
    uniform = torch.randint(0, DIFFUSION_TIMES, (batch,))
    exact = visited[torch.randint(0, len(visited), (batch,))]
    return torch.where(torch.rand(batch) < SAMPLING_TIME_SHARE, exact, uniform)
