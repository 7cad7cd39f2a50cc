"""What every algorithm's learner does: D, rho by Eq. 1, checked steps, saved states."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fmac_ros.devices import pick_device
from fmac_ros.learning.config import INFORMED, CommonConfig
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.network_arrays import load_networks, network_arrays
from fmac_ros.learning.networks import Gaussian, LatentShape, StateTrunk
from fmac_ros.learning.objectives import informed, inverse_dynamics_loss, reading
from fmac_ros.learning.parameters import pack_parameters
from fmac_ros.learning.policy import Policy
from fmac_ros.learning.record import Record
from fmac_ros.learning.replay import Batch, ReplayBuffer
from fmac_ros.learning.sentences import Sentences
from fmac_ros.learning.tensors import FormatError, pack, unpack
from fmac_ros.learning.unseen import Unseen
from fmac_ros.trust.weights import PriorWeights


class BaseLearner(ABC):
    """rho, pi, their optimisers and the replay buffer. Not thread-safe.

    The same seed, episodes and order of calls give the same weights on a CPU, bit for bit; a
    GPU starts from the same weights and draws the same, but adds up in an order of its own.

    Args:
        folder: for the replay buffer's file where it needs one; None for the system's.
        sentences: what the episodes are asked for, where it is several; pi is then told which.
            rho is not: which action leads from state to state is the same for every task.

    Attributes:
        updates: updates of all networks so far; the version of the parameters.
        weights: of the priors; whoever knows outcomes may lower them.
        warm_start: episodes after the random play that rho and the video act in.
        kind: names the format of :meth:`state`.
        device: where the networks are; what leaves the learner does not depend on it.
        sentences: as given.
    """

    config: CommonConfig
    warm_start = 0
    kind = ""

    def __init__(
        self,
        config: CommonConfig,
        latent_shape: LatentShape,
        proprio_size: int,
        action_size: int,
        seed: int,
        folder: Path | None = None,
        sentences: Sentences | None = None,
    ) -> None:
        self.config = config
        self.sentences = sentences
        self.device = pick_device(config.device)
        told = None if sentences is None else torch.from_numpy(sentences.embeddings)
        self._embeddings = None if told is None else told.to(self.device)
        self.updates = 0
        self.weights = PriorWeights()
        self._unseen = Unseen(config.inverse_span)
        sizes = latent_shape, proprio_size, action_size
        span, looks = config.inverse_span, config.looks
        self.replay = ReplayBuffer(
            config.replay_capacity, *sizes, config.replay_memory, folder, span, looks, self.device
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            rho = InverseDynamics(latent_shape, proprio_size, action_size)
            policy = Policy(latent_shape, proprio_size, action_size, self._sentence_size)
        self.rho, self.policy = rho.to(self.device), policy.to(self.device)
        self._fit_sentences(self.policy.trunk)
        self.acting_policy = copy.deepcopy(self.policy)
        self.rho_optimiser = self._adam(self.rho)
        self.policy_optimiser = self._adam(self.policy)
        self.rng = np.random.default_rng(seed)
        self.noise = torch.Generator().manual_seed(seed)

    def add(self, record: Record) -> None:
        """D <- D + (tau, tau_hat); rho is tested on tau before it learns from it."""
        self._unseen.test(self.rho, record, self.updates)
        which = self.sentences.index(record.episode.task) if self.sentences is not None else 0
        self.replay.add(record, which)

    def update(self, count: int) -> dict[str, float]:
        """Update all networks ``count`` times; mean metrics over these updates.

        Raises FloatingPointError as soon as a loss or a gradient is not finite.
        """
        if self.updates == 0 and count > 0:
            self._fit_statistics()
        rows = [self._update_once() for _ in range(count)]
        names = dict.fromkeys(name for row in rows for name in row)
        means = {n: float(np.mean([row[n] for row in rows if n in row])) for n in names}
        return means | self._unseen.metrics()

    def update_inverse_dynamics(self, count: int) -> None:
        """Update rho alone ``count`` times by Eq. 1."""
        if self.updates == 0 and count > 0:
            self._fit_statistics()
        for _ in range(count):
            self._update_rho(self.replay.sample(self.config.batch_size, self.rng))

    def parameters(self) -> bytes:
        """Acting policy and rho, for ``Actor.from_bytes``."""
        return pack_parameters(self.acting_policy, self.rho, self.updates, sentences=self.sentences)

    def state(self) -> bytes:
        """Everything but the replay buffer, for :meth:`load_state`."""
        arrays = network_arrays(self.modules(), self.optimisers())
        arrays["noise"] = self.noise.get_state().numpy()
        metadata = {"updates": self.updates, "rng": self.rng.bit_generator.state}
        return pack(self.kind, arrays, metadata)

    def load_state(self, data: bytes) -> None:
        """Continue exactly where :meth:`state` was taken. Raises FormatError."""
        source = "learner state"
        arrays, metadata = unpack(self.kind, data, source)
        load_networks(self.modules(), self.optimisers(), arrays, source)
        try:
            self.noise.set_state(torch.from_numpy(arrays["noise"].copy()))
            self.rng.bit_generator.state = metadata["rng"]
            self.updates = int(metadata["updates"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise FormatError(f"{source} lacks its counters or generators: {error}") from error

    def modules(self) -> dict[str, nn.Module]:
        """Every network, by the name it is saved under."""
        return {"rho": self.rho, "policy": self.policy, "acting_policy": self.acting_policy}

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Every optimiser, by the name it is saved under."""
        return {
            "rho_optimiser": self.rho_optimiser,
            "policy_optimiser": self.policy_optimiser,
        }

    @abstractmethod
    def _update_networks(self) -> dict[str, float]:
        """One update of every network on one batch; its metrics."""

    @property
    def _sentence_size(self) -> int:
        """Length of an embedding, 0 where one sentence is learned."""
        return 0 if self._embeddings is None else self._embeddings.shape[1]

    def _fit_sentences(self, trunk: StateTrunk) -> None:
        """Let a network know the sentences that it is going to be told."""
        if self._embeddings is not None:
            trunk.fit_sentences(self._embeddings)

    def _told(self, batch: Batch) -> Tensor | None:
        """(b, d), the embedding of each row's sentence; None where there is only one."""
        return None if self._embeddings is None else self._embeddings[batch.sentences]

    def _update_once(self) -> dict[str, float]:
        metrics = self._update_networks()
        self._average()
        self.updates += 1
        return metrics

    def _update_rho(self, batch: Batch) -> dict[str, float]:
        reached = self.rho.blur(batch.reached, self.config.next_latent_noise, self.noise)
        rho = self.rho(batch.latents, batch.proprio, reached)
        loss = inverse_dynamics_loss(rho, batch.actions)
        norm = self._step("Eq. 1", loss, self.rho, self.rho_optimiser)
        error = (rho.mean.detach() - batch.actions).abs().mean()
        return {
            "rho_loss": loss.item(),
            "rho_error": error.item(),
            "rho_std": rho.std.detach().mean().item(),
            "rho_gradient": norm,
        }

    @torch.no_grad()
    def _guide(self, batch: Batch) -> Gaussian:
        """rho(s_t, s_hat_{t+1}), what the KL term keeps pi close to."""
        state = batch.latents, batch.proprio
        rho = self.rho(*state, batch.imagined)
        if self.config.kl_weight != INFORMED:
            return rho
        still, moved = (self.rho(*state, to).mean for to in (batch.latents, batch.reached))
        return informed(rho, reading(still, moved, batch.actions))

    def _seen(self, index: np.ndarray) -> Tensor:
        """(b, c, h, w) s_t as pi and a critic learn from it; rho is asked about s_t itself."""
        latents, noise = self.replay.seen(index, self.rng), self.config.latent_noise
        return self.rho.blur(latents, noise, self.noise) if noise else latents

    def _step(
        self, name: str, loss: Tensor, module: nn.Module, optimiser: torch.optim.Optimizer
    ) -> float:
        """One clipped gradient step; the norm of the gradient before clipping."""
        optimiser.zero_grad(set_to_none=True)
        loss.backward(inputs=list(module.parameters()))
        norm = nn.utils.clip_grad_norm_(module.parameters(), self.config.max_gradient_norm).item()
        if not np.isfinite(norm) or not np.isfinite(loss.item()):
            raise FloatingPointError(
                f"update {self.updates + 1} of {name}: loss {loss.item()}, gradient norm {norm}; "
                "both must be finite. Try a lower learning_rate"
            )
        optimiser.step()
        return norm

    def _average(self) -> None:
        """Let the acting policy follow pi."""
        follow(self.acting_policy, self.policy, 1.0 - self.config.averaging)

    def _fit_statistics(self) -> None:
        """Input scales from what is in D before the first update."""
        data = self.replay.everything()
        if not len(data.actions):
            raise ValueError("no episode in the replay buffer, valid: add one before an update")
        self.rho.fit_statistics(data.latents, data.proprio, data.reached)
        for policy in (self.policy, self.acting_policy):
            policy.fit_statistics(data.latents, data.proprio)

    def _adam(self, module: nn.Module) -> torch.optim.AdamW:
        return torch.optim.AdamW(
            module.parameters(),
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            fused=True,
        )


@torch.no_grad()
def follow(slow: nn.Module, fast: nn.Module, rate: float) -> None:
    """Move the weights of ``slow`` towards those of ``fast`` by this share of the way."""
    average: list[Tensor] = list(slow.parameters())
    current: list[Tensor] = list(fast.parameters())
    torch._foreach_lerp_(average, current, rate)
