"""DrQ-v2 with its published hyper-parameters (arXiv 2107.09645, table of its appendix).

Two departures, forced by the world: no action repeat, since a step here is as long as two of
theirs, and the noise falls over the whole run, because a run is much shorter than theirs.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from fmac_ros.bench.learning.drqv2_networks import Actor, Critic, PixelEncoder, random_shift
from fmac_ros.bench.learning.pixel_replay import PixelBatch, PixelReplay
from fmac_ros.devices import CPU
from fmac_ros.learning.base_learner import follow
from fmac_ros.precision import has_fast_bfloat16


@dataclass(frozen=True)
class DrQConfig:
    """Hyper-parameters; the defaults are the paper's.

    Attributes:
        stack: pictures in time that are seen at once.
        noise, last_noise: standard deviation of exploration, at first and after the run.
        seed_steps: uniformly random actions before the first update.
        update_every: environment steps per update.
        bfloat16: convolve in bfloat16, which halves the time where the processor can.
    """

    stack: int = 3
    discount: float = 0.99
    n_step: int = 3
    batch_size: int = 256
    learning_rate: float = 1e-4
    target_rate: float = 0.01
    hidden: int = 1024
    update_every: int = 2
    seed_steps: int = 2000
    noise: float = 1.0
    last_noise: float = 0.1
    clip: float = 0.3
    pad: int = 4
    bfloat16: bool = field(default_factory=has_fast_bfloat16)


class DrQ:
    """The agent: ``act`` and ``update``.

    Args:
        pictures: (c, s, s) of one stack of pictures.
        env_steps: of the run, over which the noise falls.
        device: where it learns and acts.
    """

    def __init__(
        self,
        config: DrQConfig,
        pictures: tuple[int, int, int],
        action_size: int,
        env_steps: int,
        seed: int,
        device: torch.device = CPU,
    ) -> None:
        self.config, self._env_steps, self._action_size = config, env_steps, action_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = PixelEncoder(pictures[0], pictures[1], config.bfloat16)
            actor = Actor(encoder.size, action_size, config.hidden)
            critic = Critic(encoder.size, action_size, config.hidden)
        self.encoder, self.actor = encoder.to(device), actor.to(device)
        self.critic, self._device = critic.to(device), device
        self.slow_critic = copy.deepcopy(self.critic)
        self._optimisers: dict[torch.nn.Module, torch.optim.Adam] = {
            module: torch.optim.Adam(module.parameters(), lr=config.learning_rate, fused=True)
            for module in (self.encoder, self.actor, self.critic)
        }
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Begin the random numbers anew."""
        self._rng = np.random.default_rng(seed)
        self._noise = torch.Generator().manual_seed(seed)

    def modules(self) -> dict[str, torch.nn.Module]:
        """All networks by name."""
        names = ("encoder", "actor", "critic", "slow_critic")
        return {name: getattr(self, name) for name in names}

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """All optimisers by name."""
        named = {module: name for name, module in self.modules().items()}
        return {f"{named[module]}_optimiser": adam for module, adam in self._optimisers.items()}

    def noise(self, env_steps: int) -> float:
        """Standard deviation of exploration after that many steps."""
        share = min(1.0, env_steps / self._env_steps)
        return self.config.noise + share * (self.config.last_noise - self.config.noise)

    @torch.inference_mode()
    def act(self, pictures: np.ndarray, env_steps: int, explore: bool) -> np.ndarray:
        """An action (a,) float32 in [-1, 1] for a stack of pictures (c, s, s) uint8."""
        if explore and env_steps < self.config.seed_steps:
            return self._rng.uniform(-1, 1, self._action_size).astype(np.float32)
        seen = torch.from_numpy(pictures[None]).to(self._device).float()
        mean = self.actor(self.encoder(seen))[0].cpu().numpy()
        if explore:
            mean = mean + self.noise(env_steps) * self._rng.standard_normal(mean.shape)
        return np.clip(mean, -1, 1).astype(np.float32)

    def update(self, replay: PixelReplay, env_steps: int) -> dict[str, float]:
        """One update of critic and encoder, then of the actor."""
        config = self.config
        batch = replay.sample(config.batch_size, config.n_step, config.discount, self._rng)
        std = self.noise(env_steps)
        encoded = self.encoder(random_shift(batch.pictures, config.pad, self._noise))
        loss = self._critic_loss(encoded, batch, std)
        self._step(loss, self.encoder, self.critic)
        encoded = encoded.detach()
        action = self._draw(self.actor(encoded), std)
        actor_loss = -self.critic(encoded, action).amin(-1).mean()
        self._step(actor_loss, self.actor)
        follow(self.slow_critic, self.critic, config.target_rate)
        return {"critic_loss": loss.item(), "actor_loss": actor_loss.item()}

    def _critic_loss(self, encoded: Tensor, batch: PixelBatch, std: float) -> Tensor:
        with torch.no_grad():
            ahead = self.encoder(random_shift(batch.next_pictures, self.config.pad, self._noise))
            action = self._draw(self.actor(ahead), std)
            target = batch.rewards + batch.discounts * self.slow_critic(ahead, action).amin(-1)
        q = self.critic(encoded, batch.actions)
        return (q - target[:, None]).square().sum(-1).mean()

    def _draw(self, mean: Tensor, std: float) -> Tensor:
        """An action near the mean; the bounds let the gradient through."""
        noise = std * torch.randn(mean.shape, generator=self._noise)
        action = mean + noise.clamp(-self.config.clip, self.config.clip).to(self._device)
        return action + (action.clamp(-1.0, 1.0) - action).detach()

    def _step(self, loss: Tensor, *modules: torch.nn.Module) -> None:
        for module in modules:
            self._optimisers[module].zero_grad(set_to_none=True)
        loss.backward(inputs=[p for module in modules for p in module.parameters()])
        if not np.isfinite(loss.item()):
            raise FloatingPointError(f"DrQ-v2: loss {loss.item()}, valid: a finite number")
        for module in modules:
            self._optimisers[module].step()
