"""The bookkeeping around the loop of Algorithm 1."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from fmac_ros.learning.background import BackgroundLearner
from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import TrainConfig
from fmac_ros.learning.looks import Encoder, Looks
from fmac_ros.learning.progress import RESUMING, Progress, Subscriber
from fmac_ros.learning.record import Record
from fmac_ros.learning.store import RunStore
from fmac_ros.learning.updater import SynchronousUpdater, Updater
from fmac_ros.trust.audit import NONE
from fmac_ros.trust.reliability import Reliability
from fmac_ros.types import RolloutSpec


class Run:
    """Progress, store and updates of one run, from its last checkpoint on.

    Attributes:
        encoder: makes the latents of its episodes.
    """

    def __init__(
        self,
        learner: BaseLearner,
        store: RunStore,
        config: TrainConfig,
        encoder: Encoder,
        hooks: Sequence[Subscriber],
    ) -> None:
        self._learner, self._store, self._config, self._hooks = learner, store, config, hooks
        state = store.learner_state()
        if state is not None:
            learner.load_state(state)
        self._earlier_s = float(store.progress().get("elapsed_s", 0.0))
        self._started = time.monotonic()
        self.progress = Progress(env_steps_total=config.env_steps)
        self._reliability = Reliability(config.audit != NONE) if config.reliability else None
        self.encoder = encoder
        self._looks = Looks(encoder, learner.config.looks, config.seed)
        self._reversed: tuple[str, ...] = ()
        self._rejected = 0
        self._acted = 0  # episodes that were no random play
        self._updater: Updater = self._make_updater()

    def recover(self, stop: threading.Event | None = None) -> bool:
        """Go through the stored episodes, catching up on updates that were not saved.

        False where ``stop`` was set before the last one. Then the run knows less than its store,
        and is to be left instead of finished.
        """
        for record in self._store.records():
            if stop and stop.is_set():
                return False
            self.enter(RESUMING)
            self._count(record)
            self._updater.train_to(self._due())
        return True

    @property
    def playing(self) -> bool:
        """The next episode is random play."""
        return self.progress.env_steps < self._config.seed_steps

    def next_rollout(self) -> RolloutSpec:
        """The next episode: random play first, then rho's warm start, then the run's behaviour."""
        number, playing = self.progress.episodes + 1, self.playing
        states = np.random.SeedSequence([self._config.seed, number]).generate_state(2)
        return RolloutSpec(
            episode_id=f"{number:06d}",
            task=self._sentence(int(states[1])),
            behaviour="random" if playing else self._behaviour(),
            horizon=self._config.play_horizon if playing else self._config.horizon,
            seed=int(states[0]),
            stop_on_success=self._config.stop_on_success,
            gripper_hold=self._config.gripper_hold,
        )

    def keep(self, record: Record) -> None:
        """Store an episode; only then does it count."""
        self._store.add(record)
        self._count(record)
        for hook in self._hooks:
            if record.rejected:
                hook.on_rejection(record.episode, record.rejected)
            hook.on_episode(record.episode, self.progress)

    def learn(self) -> None:
        """Do the updates that are due; in the background they may lag two episodes."""
        self.enter("training")
        lag = int(2 * self._config.horizon * self._config.updates_per_step)
        self._updater.train_to(self._due(), lag)
        self._store.save_progress(asdict(self.progress))
        if self.progress.episodes % self._config.checkpoint_every == 0:
            self._store.save_learner(*self._updater.checkpoint())

    def enter(self, state: str) -> None:
        """Tell everybody what the run does now."""
        self.progress = replace(
            self.progress,
            state=state,
            updates=self._updater.updates,
            metrics=self._metrics(),
            elapsed_s=self._earlier_s + time.monotonic() - self._started,
        )
        for hook in self._hooks:
            hook.on_progress(self.progress)

    def finish(self, state: str) -> Progress:
        """Catch up unless stopped, save, and say so."""
        if state == "done":
            self._updater.train_to(self._due())
        self.enter(state)
        self._store.save_learner(*self._updater.checkpoint())
        self._store.save_progress(asdict(self.progress))
        return self.progress

    def leave(self) -> Progress:
        """Stop as if it had not been resumed; how far it was."""
        kept = self._store.progress()
        if kept:
            self.progress = Progress(**{**kept, "recent": tuple(kept["recent"])})
        self.enter("stopped")
        return self.progress

    def close(self) -> None:
        """End the learner's thread, if there is one."""
        self._updater.close()

    def _sentence(self, drawn: int) -> str:
        """What the next episode is asked for."""
        sentences = self._learner.sentences
        if sentences is None:
            return self._config.task
        return sentences.turn(self.progress.episodes, drawn)

    def _behaviour(self) -> str:
        return "prior" if self._acted < self._learner.warm_start else self._config.behaviour

    def _due(self) -> int:
        return self._config.updates_due(self.progress.env_steps)

    def _count(self, record: Record) -> None:
        self._updater.add(self._looks.added(record))
        self.progress = self.progress.after(record.episode, bool(record.rejected))
        self._rejected += bool(record.rejected)
        self._acted += record.episode.behaviour != "random"
        if self._reliability is not None:
            self._reliability.add(record)
            self._updater.set_weights(self._reliability.weights)
            self._note_reversed(self._reliability.reversed_priors)

    def _note_reversed(self, found: tuple[str, ...]) -> None:
        """Say it when a prior is found to be reversed, or not to be any more."""
        for name in sorted(set(found) ^ set(self._reversed)):
            verdict = "is reversed and shut off" if name in found else "is no longer found reversed"
            note = (
                f"the {name} prior {verdict}, by the outcomes of {self.progress.episodes} episodes"
            )
            for hook in self._hooks:
                hook.on_note(note)
        self._reversed = found

    def _metrics(self) -> dict[str, float]:
        found = dict(self._updater.metrics)
        if self._reliability is not None:
            found |= self._reliability.metrics()
        if self._config.audit != NONE:
            found["audit_rejected"] = float(self._rejected)
        return found

    def _make_updater(self) -> Updater:
        make = BackgroundLearner if self._config.background else SynchronousUpdater
        return make(self._learner, self._publish)

    def _publish(self, version: int, data: bytes) -> None:
        for hook in self._hooks:
            hook.on_parameters(version, data)
