"""Settings are refused loudly, with what would be valid."""

from __future__ import annotations

import pytest

from fmac_ros.learning.config import LearnerConfig, TrainConfig


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("objective", "stable", "literal, stabilised"),
        ("beta", float("nan"), "finite"),
        ("learning_rate", 0.0, "at least"),
        ("batch_size", 0, "at least 1"),
        ("averaging", 1.0, "at most 0.9999"),
        ("latent_noise", -0.1, "at least 0"),
        ("kl_weight", "sure", "plain, certain, informed"),
    ],
)
def test_learner_config_names_value_and_choices(name: str, value: object, valid: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*{valid}"):
        LearnerConfig(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("task", " ", "a sentence"),
        ("behaviour", "random", "policy, prior"),
        ("algorithm", "sac", "fmac"),
        ("horizon", 0, "at least 1"),
        ("seed", -1, "at least 0"),
    ],
)
def test_train_config_names_value_and_choices(name: str, value: object, valid: str) -> None:
    settings: dict = {"task": "press the red button", name: value}
    with pytest.raises(ValueError, match=f"{name} is .*{valid}"):
        TrainConfig(**settings)


def test_updates_wait_for_the_random_play_then_come_all_at_once() -> None:
    config = TrainConfig(task="press", seed_steps=100, seed_updates=20, updates_per_step=2.0)
    assert config.updates_due(99) == 0
    assert config.updates_due(100) == 20
    assert config.updates_due(150) == 120
