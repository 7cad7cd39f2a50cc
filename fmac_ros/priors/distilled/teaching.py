"""The thread in which a slow teacher answers and the student learns from it."""

from __future__ import annotations

import atexit
import logging
import queue
import threading
import time
from collections.abc import Callable

import numpy as np

from fmac_ros.priors.distilled.agreement import Agreement
from fmac_ros.priors.distilled.memory import Lesson, Memory
from fmac_ros.priors.distilled.options import DistilledOptions
from fmac_ros.priors.distilled.questions import Question
from fmac_ros.priors.distilled.state import Saved, State
from fmac_ros.priors.distilled.student import Student

Ask = Callable[[np.ndarray, str], np.ndarray]  # pictures, sentence to (n,) answers in 0..1
Trust = Callable[[Agreement], bool]

CHUNK = 8  # states in one call of the teacher: what a failure or the end of the program costs
BITE = 16  # gradient steps between two looks at the queue
BACKLOG = 512  # gradient steps owed at most: old lessons are learned well enough
HELD_OUT = 256  # held-out answers that the student is measured on
SINGLES = 20  # states asked about one by one that are held out, or not, together
SAVE_PERIOD = 60.0  # [s]
CLOSE_PATIENCE = 5.0  # [s]
FAILURE_LENGTH = 200  # characters

_LOGGER = logging.getLogger(__name__)


class Teaching:
    """Asks the teacher, keeps its answers, trains and measures the student.

    Every ``held_out``-th episode is never trained on: states of one episode are too alike to
    train on some and to measure on others.

    Attributes:
        trusted: whether the student may answer alone.
        agreement: of the student that answers now, on held-out answers.
    """

    def __init__(
        self, ask: Ask, student: Student, trust: Trust, options: DistilledOptions, state: State
    ) -> None:
        self._ask, self._student, self._trust = ask, student, trust
        self._options, self._state = options, state
        self._taught, self._held_out = Memory(options.memory), Memory(HELD_OUT)
        self._questions: queue.Queue[Question] = queue.Queue(options.queue)
        self._ended, self._busy = threading.Event(), threading.Event()
        self._groups = self._singles = self._owed = 0
        self._answered = self._failures = self._dropped = self._unsaved = 0
        self._failure, self._saved_at = "", time.monotonic()
        self.trusted, self.agreement = False, Agreement()
        self._thread = threading.Thread(target=self._run, name="teacher", daemon=True)

    def start(self, saved: Saved | None) -> None:
        """Continue from what was saved, and begin to answer questions."""
        if saved is not None:
            self._answered, self._groups = saved.answered, saved.groups
            for lesson in saved.taught:
                self._taught.add(lesson)
            for lesson in saved.held_out:
                self._held_out.add(lesson)
            self._publish()
        atexit.register(self.close)
        self._thread.start()

    def known(self, key: bytes) -> float | None:
        """What the teacher already said about a state."""
        taught = self._taught.answer(key)
        return self._held_out.answer(key) if taught is None else taught

    def put(self, question: Question, timeout: float = 0.0) -> bool:
        """Hand a question to the teacher; False where the queue stays full for ``timeout`` [s]."""
        if self._ended.is_set():
            return False
        try:
            self._questions.put(question, block=timeout > 0, timeout=timeout or None)
        except queue.Full:
            self._dropped += 1
            return False
        return True

    @property
    def idle(self) -> bool:
        """Whether the teacher has nothing to do."""
        return self._questions.empty() and not self._busy.is_set()

    def close(self) -> None:
        """End the thread after the call under way, and save; a hanging teacher is left alone."""
        atexit.unregister(self.close)
        self._ended.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(CLOSE_PATIENCE)

    def status(self) -> dict[str, float | int | str]:
        """How the teaching stands."""
        found = self.agreement
        low, high = found.interval()
        return {
            "trusted": int(self.trusted),
            "teacher_answers": self._answered,
            "teacher_failures": self._failures,
            "last_failure": self._failure,
            "questions_waiting": self._questions.qsize(),
            "questions_dropped": self._dropped,
            "updates": self._student.updates,
            "updates_owed": self._owed,
            "lessons": len(self._taught),
            "held_out": found.count,
            "held_out_solved": found.solved,
            "mean_difference": round(found.mean_difference, 4),
            "different_verdicts": found.different,
            "missed": found.missed,
            "false_alarms": found.false_alarms,
            "different_low": round(low, 4),
            "different_high": round(high, 4),
        }

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                question = self._questions.get(timeout=0.001 if self._owed else 0.1)
            except queue.Empty:
                self._train()
            else:
                self._busy.set()
                self._answer(question)
                self._busy.clear()
                self._train()
            self._save_when_due()
        self._save()
        while not self._questions.empty():
            self._questions.get().end("the prior was closed")

    def _answer(self, question: Question) -> None:
        memory = self._memory_for(question)
        failure = ""
        for start in range(0, len(question.keys), CHUNK):
            if failure or self._ended.is_set():
                failure = failure or "the prior was closed"
                break
            failure = self._answer_chunk(question, range(start, len(question.keys))[:CHUNK], memory)
            self._save_when_due()
        question.end(failure)

    def _answer_chunk(self, question: Question, rows: range, memory: Memory) -> str:
        """Ask about some states; why there is no answer, or ""."""
        new = [row for row in rows if self._recall(question, row)]
        if not new:
            return ""
        try:
            answers = self._ask(question.pictures[new], question.sentence)
        except Exception as error:  # noqa: BLE001 - whatever a teacher fails with, the student lives
            return self._count_failure(error)
        for row, answer in zip(new, answers, strict=True):
            lesson = Lesson(
                question.keys[row], question.latents[row], question.sentence, float(answer)
            )
            memory.add(lesson)
            question.answers[row] = answer
        self._answered += len(new)
        self._unsaved += len(new)
        if memory is self._taught:
            self._owed = min(BACKLOG, self._owed + len(new) * self._options.updates)
        else:
            self._owed = max(self._owed, 1)  # measured anew after the next step
        return ""

    def _recall(self, question: Question, row: int) -> bool:
        """Whether a state must be asked about; an answer given before is used again."""
        known = self.known(question.keys[row])
        if known is not None:
            question.answers[row] = known
        return known is None

    def _memory_for(self, question: Question) -> Memory:
        if len(question.keys) > 1:
            self._groups += 1
        else:
            self._singles += 1
            self._groups += self._singles % SINGLES == 0
        held = self._groups % self._options.held_out == self._options.held_out - 1
        return self._held_out if held else self._taught

    def _train(self) -> None:
        """A bite of what is owed; then the student that answers is the one measured."""
        if not len(self._taught):
            self._owed = 0
        steps = min(self._owed, BITE)
        if not steps:
            return
        try:
            for _ in range(steps):
                self._student.learn(self._taught)
        except ArithmeticError as error:
            self._count_failure(error)
        self._publish()
        self._owed -= steps  # last, so that owing nothing says that the student is measured

    def _publish(self) -> None:
        self._student.publish()
        lessons = self._held_out.lessons()
        said = np.zeros(len(lessons), np.float32)
        for sentence in {lesson.sentence for lesson in lessons}:
            rows = [i for i, lesson in enumerate(lessons) if lesson.sentence == sentence]
            said[rows] = self._student.answers(
                np.stack([lessons[i].latent for i in rows]), sentence
            )
        taught = np.array([lesson.answer for lesson in lessons], np.float32)
        self.agreement = Agreement.between(said, taught)
        enough = self._answered >= self._options.trust_after
        self.trusted = enough and self._trust(self.agreement)

    def _save_when_due(self) -> None:
        if time.monotonic() - self._saved_at > SAVE_PERIOD:
            self._save()

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        if not self._unsaved:
            return
        saved = Saved(
            self._taught.lessons(), self._held_out.lessons(), self._answered, self._groups
        )
        try:
            self._state.save(self._student.head, saved)
        except (OSError, RuntimeError) as error:
            self._count_failure(error)
        else:
            self._unsaved = 0

    def _count_failure(self, error: Exception) -> str:
        text = f"{type(error).__name__}: {error}"[:FAILURE_LENGTH]
        if text != self._failure:
            _LOGGER.warning("a teacher's answer or a lesson failed: %s", text)
        self._failures += 1
        self._failure = text
        return text
