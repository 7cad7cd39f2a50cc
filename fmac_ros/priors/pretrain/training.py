"""One training loop for all four networks: budgeted, averaged, resumable."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from fmac_ros.devices import device_of
from fmac_ros.priors.pretrain.checkpoint import Checkpoint
from fmac_ros.priors.pretrain.settings import PretrainSettings

Loss = Callable[[nn.Module, np.random.Generator], torch.Tensor]
Log = Callable[[str], None]

WARM_UP = 0.03  # fraction of the training
GRADIENT_NORM = 1.0
AVERAGE_DECAY = 0.998
SAVE_SECONDS = 60.0
LOG_SECONDS = 10.0


def fit(stage: str, model: nn.Module, loss: Loss, settings: PretrainSettings, log: Log) -> None:
    """Minimise ``loss(model, rng)`` and leave the averaged weights in ``model``.

    Stops at the stage's steps or its wall-clock limit, whichever comes first; the learning rate
    follows a cosine over whichever is further along. A checkpoint from an earlier, interrupted
    call of the same stage is continued. The model stays on the device it trained on.
    """
    model.to(settings.device).train()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    start = _weights(model)
    run = _Run(stage, model, settings)
    run.resume(log)
    try:
        _train(stage, run, loss, log)
    except KeyboardInterrupt:
        run.save()
        raise
    run.average.blend(start, settings.keep)
    run.average.copy_to(model)
    model.eval()


def _train(stage: str, run: _Run, loss: Loss, log: Log) -> None:
    saved = logged = time.monotonic()
    while run.progress < 1.0:
        run.step(loss)
        now, done = time.monotonic(), run.progress >= 1.0
        if now - logged > LOG_SECONDS or done:
            log(f"{stage}: {run.describe()}")
            logged = now
        if now - saved > SAVE_SECONDS or done:
            run.save()
            saved = now


def checkpoint_of(stage: str, settings: PretrainSettings) -> Checkpoint:
    """Where a stage keeps its state while it trains, and after."""
    return Checkpoint(settings.work / "checkpoints" / f"{stage}.safetensors")


class _Average:
    """Exponential moving average of the weights, which samples better than the last ones."""

    def __init__(self, model: nn.Module) -> None:
        self.weights = _weights(model)

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            self.weights[name].lerp_(value, 1 - decay)

    def blend(self, others: dict[str, torch.Tensor], share: float) -> None:
        """Go that share of the way to other weights."""
        for name, value in others.items():
            self.weights[name] = torch.lerp(self.weights[name], value, share)

    def copy_to(self, model: nn.Module) -> None:
        model.load_state_dict(self.weights)


def _weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


class _Run:
    """The state of one network's training."""

    def __init__(self, stage: str, model: nn.Module, settings: PretrainSettings) -> None:
        self.model, self.settings = model, settings
        self.total, self.rate = settings.steps(stage), settings.learning_rate(stage)
        self.optimizer = torch.optim.AdamW(
            model.parameters(),
            self.rate,
            weight_decay=settings.fits[stage].weight_decay,
            fused=True,
        )
        self.average = _Average(model)
        self.rng = np.random.default_rng([settings.seed, sum(stage.encode())])
        self.count, self.seconds, self.loss = 0, 0.0, math.nan
        self.checkpoint = checkpoint_of(stage, settings)

    @property
    def progress(self) -> float:
        """Finished fraction of the steps or of the time, whichever is further."""
        by_steps = self.count / self.total
        limit = self.settings.minutes
        return by_steps if limit is None else max(by_steps, self.seconds / (60 * limit))

    def step(self, loss: Loss) -> None:
        started = time.monotonic()
        rate = min(1.0, self.progress / WARM_UP + 1e-3) * math.cos(self.progress * math.pi / 2) ** 2
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * rate
        device = self.settings.device
        with torch.autocast(device, torch.bfloat16, enabled=self.settings.bfloat16):
            value = loss(self.model, self.rng)
        if not torch.isfinite(value):
            raise FloatingPointError(f"the loss is {value.item()} at step {self.count}")
        value.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), GRADIENT_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.model, self.count)
        self.count += 1
        self.loss = value.item() if self.count == 1 else 0.98 * self.loss + 0.02 * value.item()
        self.seconds += time.monotonic() - started

    def describe(self) -> str:
        per_step = self.seconds / max(1, self.count)
        left = self.seconds * (1 / max(1e-6, self.progress) - 1)
        return (
            f"step {self.count}/{self.total}, loss {self.loss:.4f}, "
            f"{1e3 * per_step:.0f} ms a step, {left:.0f} s left"
        )

    def save(self) -> None:
        tensors = {"model": self.model.state_dict(), "average": self.average.weights}
        facts = {
            "step": self.count,
            "steps": self.total,
            "seconds": self.seconds,
            "minutes": self.settings.minutes,
            "loss": self.loss,
            "rng": self.rng.bit_generator.state,
        }
        self.checkpoint.save(tensors, self.optimizer, facts)

    def resume(self, log: Log) -> None:
        if not self.checkpoint.path.exists():
            return
        tensors, facts = self.checkpoint.load(self.optimizer, self.model)
        self.model.load_state_dict(tensors["model"])
        device = device_of(self.model)
        self.average.weights = {k: v.to(device) for k, v in tensors["average"].items()}
        self.count, self.seconds, self.loss = facts["step"], facts["seconds"], facts["loss"]
        self.rng.bit_generator.state = facts["rng"]
        log(f"continued from {self.checkpoint.path} at {self.describe()}")
