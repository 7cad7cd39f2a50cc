"""Bounds and scales of the networks."""

from __future__ import annotations

import torch
from learning_world import LATENT_SHAPE

from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.networks import GaussianHead, Keypoints, Standardiser
from fmac_ros.learning.policy import Policy


def test_standardised_latents_have_no_mean_and_unit_scale() -> None:
    generator = torch.Generator().manual_seed(0)
    data = 5 + 3 * torch.randn((500, *LATENT_SHAPE), generator=generator)
    standardise = Standardiser(LATENT_SHAPE)
    standardise.fit(data)
    out = standardise(data)
    assert out.mean(0).abs().max() < 1e-4
    torch.testing.assert_close(out.std(), torch.tensor(1.0), atol=0.02, rtol=0)


def test_a_component_that_never_moved_cannot_explode() -> None:
    standardise = Standardiser((2,))
    standardise.fit(torch.zeros(10, 2))
    assert standardise(torch.tensor([[0.4, -1e9]])).abs().max() <= Standardiser.LIMIT


def test_gaussian_head_keeps_its_bounds() -> None:
    head = GaussianHead(4, 3, min_std=0.15, max_std=0.6)
    with torch.no_grad():
        head.linear.weight.fill_(1.0)
        for features in (torch.full((1, 4), 50.0), torch.full((1, 4), -50.0)):
            action = head(features)
            assert action.mean.abs().max() <= 1
            assert action.std.min() > 0.1499 and action.std.max() < 0.6001


def test_blur_scales_with_the_change_between_frames() -> None:
    rho = InverseDynamics(LATENT_SHAPE, 2, 2)
    latents = torch.zeros(50, *LATENT_SHAPE)
    generator = torch.Generator().manual_seed(0)
    change = 0.1 * torch.randn(latents.shape, generator=generator)
    rho.fit_statistics(latents, torch.zeros(50, 2), latents + change)
    drawn = rho.blur(latents, 0.5, generator)
    torch.testing.assert_close(drawn.std(), torch.tensor(0.05), atol=0.005, rtol=0)
    assert (rho.blur(latents, 0.0, generator) == latents).all()


def test_keypoints_point_at_the_brightest_cell_of_each_view() -> None:
    features = torch.zeros(1, 1, 4, 8)
    features[0, 0, 0, 3] = features[0, 0, 3, 4] = 100.0  # top right of one, bottom left of other
    points = Keypoints(4, 8)(features)[0].tolist()
    assert points == [-2, 2, 2, -2]  # rows of both views, then columns
    middle = Keypoints(4, 8)(torch.zeros(1, 1, 4, 8))
    assert middle.abs().max() < 1e-6


def test_policy_takes_any_latent_size() -> None:
    for shape in ((8, 8, 16), (4, 5, 7), (2, 1, 1)):
        action = Policy(shape, 6, 3)(torch.zeros(2, *shape), torch.zeros(2, 6))
        assert action.mean.shape == (2, 3)
