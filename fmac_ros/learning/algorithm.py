"""Algorithm 1: policy learning guided by foundation priors (paper, section 2.2)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import TrainConfig
from fmac_ros.learning.looks import Encoder
from fmac_ros.learning.progress import Progress, Subscriber
from fmac_ros.learning.record import Record
from fmac_ros.learning.run import Run
from fmac_ros.learning.store import RunStore
from fmac_ros.trust.audit import Auditor, audited
from fmac_ros.types import Episode, PriorLabels, RolloutSpec


class Stopped(Exception):
    """A robot or the priors raise it where the run was asked to stop."""


class Robot(Protocol):
    """Runs one episode and gives what happened. Fails loudly or not at all."""

    def rollout(self, spec: RolloutSpec) -> Episode: ...


class Priors(Protocol):
    """M_V, M_R and M_tau over every state of an episode."""

    def label(self, episode: Episode) -> PriorLabels: ...


def train(
    robot: Robot,
    priors: Priors,
    learner: BaseLearner,
    encoder: Encoder,
    store: RunStore,
    config: TrainConfig,
    hooks: Sequence[Subscriber] = (),
    stop: threading.Event | None = None,
    auditor: Auditor | None = None,
) -> Progress:
    """Run Algorithm 1 until the step budget is used up or ``stop`` is set.

    A store that holds episodes is resumed: a synchronous run continues exactly as if it had
    not been interrupted. Departure from the paper: tau_hat is not imagined once from s_0 but
    one step from every visited s_t, which does not lose step with the robot.
    """
    run = Run(learner, store, config, encoder, hooks)
    try:
        if not run.recover(stop):
            return run.leave()
        while not run.progress.finished and not (stop and stop.is_set()):
            one_episode(run, robot, priors, auditor)
        return run.finish("done" if run.progress.finished else "stopped")
    except Stopped:
        return run.finish("stopped")
    finally:
        run.close()


def one_episode(run: Run, robot: Robot, priors: Priors, auditor: Auditor | None) -> Record:
    """One round of the loop of Algorithm 1; what was kept of it."""
    run.enter("collecting")
    episode = robot.rollout(run.next_rollout())  # tau, line 4
    run.enter("imagining")
    labels = priors.label(episode)  # tau_hat, line 3, with M_V and M_R
    record = audited(Record(episode, labels, run.encoder.encode(episode.pictures)), auditor)
    run.keep(record)  # D, line 4
    run.learn()  # Eq. 1 and Eq. 2, line 5
    return record
