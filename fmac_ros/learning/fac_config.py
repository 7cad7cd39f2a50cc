"""Settings of the algorithm ``fac``, checked once when they are made."""

from __future__ import annotations

from dataclasses import dataclass

from fmac_ros.learning.config import CommonConfig, require, require_number


@dataclass(frozen=True)
class FacConfig(CommonConfig):
    """How the critic and pi are trained (``fac_objectives``).

    Attributes:
        discount: gamma, per environment step.
        n_step: steps of reward before the critic is asked.
        success_reward: lambda, what a claimed success earns.
        shaping: what a rise of M_V from 0 to 1 earns, as a potential. The best policy is the
            same for any. M_V is 0 to 1 here; with a weight of 1 it would hardly count.
        target_rate: share of the critic that its slow copy takes over per update.
        actor_every: updates of the critic per update of pi.
        imitation: weight of the KL to the actions of successful episodes.
        imitation_std: sigma of these actions.
        success_share: share of a batch that is drawn from successful episodes.
        warm_start: episodes after the random play that rho and the video act in.
        choose_by_q: act with the better, by Q, of pi's action and rho's. The video prior is
            then asked at every step.
    """

    discount: float = 0.97
    n_step: int = 3
    success_reward: float = 100.0
    shaping: float = 100.0
    target_rate: float = 0.01
    actor_every: int = 2
    imitation: float = 1.0
    imitation_std: float = 0.3
    success_share: float = 0.25
    warm_start: int = 10
    choose_by_q: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number("discount", self.discount, 0.0, 0.9999)
        require_number("n_step", self.n_step, 1, 100)
        require_number("success_reward", self.success_reward, 1e-3)
        require_number("shaping", self.shaping, 0.0)
        require_number("target_rate", self.target_rate, 1e-5, 1.0)
        require_number("actor_every", self.actor_every, 1)
        require_number("imitation", self.imitation, 0.0)
        require_number("imitation_std", self.imitation_std, 0.01)
        require_number("success_share", self.success_share, 0.0, 1.0)
        require_number("warm_start", self.warm_start, 0)
        require("use_success", self.use_success, self.use_success, "True, fac has no other reward")
        possible = self.use_video or not self.choose_by_q
        require("choose_by_q", self.choose_by_q, possible, "False without the video prior")
