"""Settings of the learner and of a training run, checked once when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fmac_ros.types import GRIPPER_HOLD

ALGORITHMS = ("fmac", "fac")
OBJECTIVES = ("literal", "stabilised")
PLAIN, CERTAIN, INFORMED = KL_WEIGHTS = ("plain", "certain", "informed")
TRAIN_BEHAVIOURS = ("policy", "prior")
AUDITS = ("none", "priors", "human")
REPLAY_MEMORY = 2**30  # [bytes]


def require(name: str, value: object, holds: bool, valid: str) -> None:
    """Raise ValueError, naming the value and what is valid, unless it ``holds``."""
    if not holds:
        raise ValueError(f"{name} is {value!r}, valid: {valid}")


def require_number(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Raise ValueError unless ``value`` is finite and in ``low`` to ``high``."""
    valid = f"a finite number of at least {low}" + ("" if high == math.inf else f", at most {high}")
    require(name, value, math.isfinite(value) and low <= value <= high, valid)


@dataclass(frozen=True)
class CommonConfig:
    """How every algorithm trains its networks.

    Attributes:
        learning_rate: of AdamW, for all networks.
        weight_decay: of AdamW. It helps pi to carry over from few layouts to new ones.
        batch_size: transitions per update.
        max_gradient_norm: gradients of a network are scaled down to this norm.
        next_latent_noise: noise on rho's s_{t+1} in training, in standard deviations of
            the one-step change of a latent. Imagined frames are softer than real ones.
        latent_noise: the same on the s_t that pi, and the critic of ``fac``, learn from: the
            augmentation of latents that are frozen.
        looks: looks at each picture that pi, and the critic of ``fac``, learn from: as it is, and
            moved by a few pixels (``looks``).
        kl_weight: ``certain`` weighs the KL term of each state by how sure rho is of its action
            (``objectives.certainty``), ``informed`` each component of an action by how much of it
            rho reads in s_{t+1} (``objectives.informed``), ``plain`` weighs all alike.
        inverse_span: steps k from s_t to the state that rho infers a_t from. 1 is Eq. 1; an arm
            that answers commands late shows an action in the step after, so that 2 is needed.
        averaging: decay of the running average of pi's weights, which is what acts.
            0 acts with the raw weights.
        use_video: learn with the KL term (video prior M_tau).
        use_value: learn with the change of M_V.
        use_success: learn with M_R.
        replay_capacity: states that the replay buffer holds.
        replay_memory: bytes from which its latents lie in a memory-mapped file.
        device: where the networks train (``devices.pick_device``).
    """

    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    batch_size: int = 64
    max_gradient_norm: float = 10.0
    next_latent_noise: float = 1.0
    latent_noise: float = 0.0
    looks: int = 4
    kl_weight: str = PLAIN
    inverse_span: int = 1
    averaging: float = 0.998
    use_video: bool = True
    use_value: bool = True
    use_success: bool = True
    replay_capacity: int = 50_000
    replay_memory: int = REPLAY_MEMORY
    device: str = "cpu"

    def __post_init__(self) -> None:
        require_number("learning_rate", self.learning_rate, 1e-7, 1.0)
        require_number("weight_decay", self.weight_decay, 0.0, 1.0)
        require_number("batch_size", self.batch_size, 1)
        require_number("max_gradient_norm", self.max_gradient_norm, 1e-3)
        require_number("next_latent_noise", self.next_latent_noise, 0.0)
        require_number("latent_noise", self.latent_noise, 0.0)
        require_number("looks", self.looks, 1, 16)
        require("kl_weight", self.kl_weight, self.kl_weight in KL_WEIGHTS, ", ".join(KL_WEIGHTS))
        require_number("inverse_span", self.inverse_span, 1, 8)
        require_number("averaging", self.averaging, 0.0, 0.9999)
        require_number("replay_capacity", self.replay_capacity, 2)
        require_number("replay_memory", self.replay_memory, 0)


@dataclass(frozen=True)
class LearnerConfig(CommonConfig):
    """``fmac``: how rho (Eq. 1) and pi (Eq. 2) are trained.

    Attributes:
        objective: ``literal`` is Eq. 2 as written; ``stabilised`` is described in
            ``objectives.stabilised_policy_loss``.
        alpha: weight of the advantage term of Eq. 2.
        beta: weight of the success prior M_R in the advantage.
    """

    objective: str = "literal"
    alpha: float = 1.0
    beta: float = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require("objective", self.objective, self.objective in OBJECTIVES, ", ".join(OBJECTIVES))
        require_number("alpha", self.alpha, 0.0)
        require_number("beta", self.beta, 0.0)


@dataclass(frozen=True)
class TrainConfig:
    """One run of Algorithm 1.

    Attributes:
        task: the sentence T, or several (``task_setting``); the learner has their wordings then.
        algorithm: one of ALGORITHMS.
        behaviour: who acts after the random play: ``policy`` is pi; ``prior`` is rho on the
            imagined video, so that pi never touches the robot (ablation).
        env_steps: environment steps of the whole run, random play included.
        seed_steps: steps of random play before the first update; rho learns from them.
        horizon: time limit of an episode [steps].
        play_horizon: the same for random play; short, to see many layouts in few steps.
        seed_updates: updates of both networks right after random play.
        updates_per_step: updates of both networks per later environment step.
        gripper_hold: steps that the noise of a gripper's switch is held for (``switching``); 1
            draws it anew every step.
        stop_on_success: end an episode when the success prior says so.
        background: update in a thread beside the rollouts; otherwise between them, which
            makes the run exactly repeatable.
        checkpoint_every: episodes between two saves of the learner.
        seed: of layouts, networks, sampling and exploration.
        audit: who looks at a claimed success before it is learned from (``trust.audit``).
        reliability: weigh each prior by its agreement with outcomes (``trust.reliability``).
    """

    task: str
    algorithm: str = "fmac"
    behaviour: str = "policy"
    env_steps: int = 8000
    seed_steps: int = 2000
    horizon: int = 40
    play_horizon: int = 20
    seed_updates: int = 1000
    updates_per_step: float = 1.0
    stop_on_success: bool = True
    gripper_hold: int = GRIPPER_HOLD
    background: bool = True
    checkpoint_every: int = 5
    seed: int = 0
    audit: str = "none"
    reliability: bool = False

    def __post_init__(self) -> None:
        require("task", self.task, bool(self.task.strip()), "a sentence")
        require("algorithm", self.algorithm, self.algorithm in ALGORITHMS, ", ".join(ALGORITHMS))
        behaviours = ", ".join(TRAIN_BEHAVIOURS)
        require("behaviour", self.behaviour, self.behaviour in TRAIN_BEHAVIOURS, behaviours)
        require("audit", self.audit, self.audit in AUDITS, ", ".join(AUDITS))
        require_number("env_steps", self.env_steps, 1)
        require_number("seed_steps", self.seed_steps, 0)
        require_number("horizon", self.horizon, 1)
        require_number("play_horizon", self.play_horizon, 1)
        require_number("gripper_hold", self.gripper_hold, 1, 1000)
        require_number("seed_updates", self.seed_updates, 0)
        require_number("updates_per_step", self.updates_per_step, 0.0)
        require_number("checkpoint_every", self.checkpoint_every, 1)
        require_number("seed", self.seed, 0, 2**63 - 1)

    def updates_due(self, env_steps: int) -> int:
        """Updates owed after ``env_steps``; none in random play."""
        later = env_steps - self.seed_steps
        return self.seed_updates + int(self.updates_per_step * later) if later >= 0 else 0
