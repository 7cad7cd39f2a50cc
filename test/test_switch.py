"""Actions whose last component is a switch, as policy and critic of fac see them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from learning_world import LATENT_SHAPE, make_record

from fmac_ros.learning.critic import TwinCritic
from fmac_ros.learning.fac import FacLearner
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.networks import Gaussian
from fmac_ros.learning.parameters import unpack_parameters
from fmac_ros.learning.switch import DOES, shares, thrown

SIZES = LATENT_SHAPE, 2, 2


def around(switch: list[float], std: float = 0.3) -> Gaussian:
    mean = torch.stack([torch.zeros(len(switch)), torch.tensor(switch)], dim=-1)
    return Gaussian(mean, torch.full_like(mean, std))


def drawn(pi: Gaussian, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn((count, *pi.mean.shape), generator=generator)
    return pi.mean + pi.std * noise  # (count, b, 2)


def make_critic(switch: bool) -> tuple[TwinCritic, torch.Tensor]:
    torch.manual_seed(0)
    return TwinCritic(*SIZES, switch=switch), torch.randn(3, TwinCritic.WIDTH)


def test_a_command_is_what_it_does() -> None:
    actions = torch.tensor([[0.5, -1.0], [-0.5, -0.3], [0.1, 0.3], [0.9, 0.34]])
    assert thrown(actions)[:, -1].tolist() == [-1.0, 0.0, 0.0, 1.0]
    assert torch.equal(thrown(actions)[:, 0], actions[:, 0])
    assert torch.equal(thrown(thrown(actions)), thrown(actions))


def test_shares_are_those_of_draws() -> None:
    pi = around([-0.6, 0.0, 0.2])
    does = torch.stack([thrown(actions)[:, -1] for actions in drawn(pi, 20_000)])
    counted = torch.stack([(does == each).float().mean(0) for each in DOES], dim=-1)
    assert shares(pi).sum(-1).tolist() == pytest.approx([1.0] * 3)
    assert torch.allclose(shares(pi), counted, atol=0.02)


def test_q_of_a_switch_does_not_depend_on_how_hard_it_is_told() -> None:
    actions = torch.tensor([[0.2, 0.4], [0.2, 1.0], [0.2, -1.0]])
    critic, features = make_critic(switch=True)
    q = critic.values(features[:1].expand(3, -1), actions)
    assert torch.allclose(q[0], q[1]) and not torch.allclose(q[0], q[2])
    plain, _ = make_critic(switch=False)
    q = plain.values(features[:1].expand(3, -1), actions)
    assert not torch.allclose(q[0], q[1])


def test_q_of_a_policy_is_its_mean_over_draws() -> None:
    critic, features = make_critic(switch=True)
    pi = around([-0.6, 0.0, 0.2])
    moves = pi.mean[:, :1]
    several = torch.stack(
        [
            critic.values(features, torch.cat([moves, actions[:, 1:]], dim=-1))
            for actions in drawn(pi, 5_000)
        ]
    )
    exact = critic.values_of(pi, pi.mean, features)
    assert torch.allclose(exact, several.mean(0), atol=0.01)


def test_a_policy_climbs_to_the_throw_that_pays() -> None:
    """Its commands lie where all of them leave the switch, and none shows that opening pays."""
    critic, features = make_critic(switch=True)
    opens = critic.values(features, torch.tensor([[0.0, 1.0]] * 3)).detach()
    leaves = critic.values(features, torch.tensor([[0.0, 0.0]] * 3)).detach()
    command = torch.zeros(3, requires_grad=True)
    pi = Gaussian(torch.stack([torch.zeros(3), command], -1), torch.full((3, 2), 0.1))
    critic.values_of(pi, pi.mean.detach(), features).sum().backward()
    closes = critic.values(features, torch.tensor([[0.0, -1.0]] * 3)).detach()
    gained = (opens - closes).sum(-1)  # at 0 both bounds are as near
    assert torch.equal(command.grad.sign(), gained.sign()) and (opens != leaves).all()  # type: ignore[union-attr]


def test_without_a_switch_q_is_of_the_draw() -> None:
    critic, features = make_critic(switch=False)
    actions = torch.rand(3, 2)
    q = critic.values_of(around([0.1] * 3), actions, features)
    assert torch.equal(q, critic.values(features, actions))


@pytest.mark.parametrize("switch", [True, False])
def test_the_learner_tells_its_critics_and_whoever_acts(switch: bool) -> None:
    config = replace(FacConfig(batch_size=16), choose_by_q=True)
    learner = FacLearner(config, *SIZES, seed=0, switch=switch)
    learner.add(make_record(steps=20, seed=0))
    learner.update(2)
    acting = unpack_parameters(learner.parameters()).critic
    assert acting is not None
    assert [c.switch for c in (learner.critic, learner.slow_critic, acting)] == [switch] * 3
