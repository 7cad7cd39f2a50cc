"""What a trainer needs for one run: its store, its learner, and what it tells the graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rclpy.node import Node

from fmac_ros.learning.algorithms import make_learner
from fmac_ros.learning.pair import check_pair, side_folder
from fmac_ros.learning.progress import Subscriber
from fmac_ros.learning.run import Run
from fmac_ros.phrasing import sentences_of
from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.spec import algorithm_label
from fmac_ros.priors.text import sentence_encoder
from fmac_ros.ros.run_settings import TrainerConfig, open_store
from fmac_ros.ros.trainer_hooks import RunIdentity, StatusHook


class RunParts:
    """Opens or makes the run of a configuration.

    Raises:
        ValueError, OSError, StoreError: a setting or the directory is not valid.
    """

    def __init__(self, node: Node, config: TrainerConfig, encoder: Encoder) -> None:
        self.config = config.train_config()
        self._encoder = encoder
        learner = config.learner_config()
        sizes = encoder.latent_shape, *config.sizes()
        sentences = sentences_of(config.task, lambda text: sentence_encoder().encode(text))
        self.store = open_store(config, encoder.version)
        self.learner = make_learner(
            config.algorithm, learner, *sizes, config.seed, self.store.folder, sentences
        )
        algorithm = algorithm_label(config.algorithm, config.priors)
        name = Path(config.run_dir).name
        self.identity = RunIdentity(name, config.task, config.robot, algorithm)
        self.status = StatusHook(node, self.identity, config.env_steps)

    def run(self, *hooks: Subscriber) -> Run:
        """The run from its last checkpoint on; with its status as the last of its hooks."""
        return Run(self.learner, self.store, self.config, self._encoder, (*hooks, self.status))


def configurations(config: TrainerConfig) -> list[TrainerConfig]:
    """One configuration for each task of a trainer; ValueError where two are the same."""
    if not config.paired:
        return [config]
    check_pair(config.task, config.paired)
    return [
        replace(config, task=task, paired="", run_dir=str(side_folder(Path(config.run_dir), task)))
        for task in (config.task, config.paired)
    ]
