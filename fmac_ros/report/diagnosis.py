"""Which prior or stage was the weak one in a run that did not learn its task.

Stages are looked at in the order in which they depend on each other. Every judgement shows its
number and the limit that it was held against; the limits are explained in docs/bench.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fmac_ros.report.evidence import Evidence, separation

GOOD = 0.9  # success rate from which a run has not failed
LEAST_ACTED = 10  # episodes that were no random play, before anything is concluded
LEAST = 5  # claims, successes or episodes of a kind behind a number
MOST_HELD = 0.2  # share of commands that the gate held
MOST_FALSE = 0.15  # share of claimed successes that were none
MOST_MISSED = 0.3  # share of true successes that were not claimed
LEAST_AUC = 0.6  # of the final values, successes against failures; 0.5 is chance
PROMISED = 0.8  # M_V at the end of an episode: a success is six frames away
MOST_PROMISED = 0.5  # share of failures that end so, in a run that knows next to no success
LEAST_RHO_COSINE = 0.6  # between rho's action and the one done, on episodes new to it
LEAST_HEADING = 0.1  # cosine between imagined change and the way to the solved state
LEAST_SPREAD = 0.02  # standard deviation of the critic's targets, in units of a success
MOST_CRITIC_ERROR = 1.0  # of the targets' variance: a constant would do as well
LEAST_POLICY_COSINE = 0.5  # between the actions of pi and of rho on the imagined frame
SURE_COSINE = 0.8  # of rho and of the policy, before the video is blamed by exclusion
NONE_FOUND = "no single weak stage found"

GATE, SUCCESS, VALUE = "the gate", "the success prior", "the value prior"
RHO, VIDEO, CRITIC, POLICY = "inverse dynamics", "the video prior", "the critic", "the policy"


@dataclass(frozen=True)
class Finding:
    """One stage against one limit.

    Attributes:
        what: the fault that it would be.
        value: what was measured.
        limit: what it was held against.
        weak: whether it is on the wrong side.
        detail: the sentence for people.
    """

    stage: str
    what: str
    value: float
    limit: float
    weak: bool
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """What a run says of itself.

    Attributes:
        success: rate on the held-out layouts.
        verdict: one line.
        findings: all that was judged, in the order of the stages.
    """

    success: float
    verdict: str
    findings: tuple[Finding, ...]

    @property
    def weak(self) -> tuple[Finding, ...]:
        """Findings on the wrong side of their limit."""
        return tuple(finding for finding in self.findings if finding.weak)

    def asdict(self) -> dict[str, Any]:
        """For JSON."""
        findings = [asdict(finding) for finding in self.findings]
        return {"success": self.success, "verdict": self.verdict, "findings": findings}

    def lines(self) -> list[str]:
        """For a terminal or a report: the verdict, and the numbers behind it."""
        marks = {True: "weak", False: "ok"}
        numbers = [f"  {marks[f.weak]:<5}{f.stage}: {f.detail}" for f in self.findings]
        return [self.verdict, *numbers]


def diagnose(
    evidence: Evidence, success: float, uses: Iterable[str] = ("value", "video", "success")
) -> Diagnosis:
    """Judge a run by what it has recorded.

    Args:
        success: rate on the held-out layouts, by the ground truth.
        uses: kinds of priors that the run learned from; the others are not judged.
    """
    kinds = set(uses)
    acted = len(evidence.acted)
    if acted < LEAST_ACTED:
        text = f"too short to judge: {acted} episodes after the random play, {LEAST_ACTED} needed"
        return Diagnosis(success, text, ())
    judged = [finding for check in CHECKS if (finding := check(evidence, kinds)) is not None]
    findings = _with_video_by_exclusion(judged, evidence, success, kinds)
    return Diagnosis(success, _verdict(findings, success), tuple(findings))


def _verdict(findings: list[Finding], success: float) -> str:
    weak = [finding for finding in findings if finding.weak]
    faults = [f"{finding.stage}: {finding.what}" for finding in weak]
    if success >= GOOD:
        despite = f", in spite of {'; '.join(faults)}" if faults else ""
        return f"the task is learned ({success:.0%} success){despite}"
    if not weak:
        return f"{NONE_FOUND} ({success:.0%} success)"
    also = f"; also {'; '.join(faults[1:])}" if faults[1:] else ""
    return f"weak stage ({success:.0%} success): {faults[0]}{also}"


def _held(evidence: Evidence, kinds: set[str]) -> Finding:
    steps = sum(trace.steps for trace in evidence.late)
    share = sum(trace.holds for trace in evidence.late) / steps
    text = f"{share:.0%} of the commands were held, at most {MOST_HELD:.0%} is fine"
    return Finding(GATE, "the arm was held", share, MOST_HELD, share > MOST_HELD, text)


def _false_claims(evidence: Evidence, kinds: set[str]) -> Finding | None:
    known = [trace for trace in evidence.late if trace.solved is not None]
    claims = [trace for trace in known if trace.claimed]
    by = "the ground truth"
    false = sum(not trace.solved for trace in claims)
    count = len(claims)
    if not known:  # a real arm: what an audit said is all there is
        by = "the audit"
        false = sum(trace.rejected for trace in evidence.late)
        count = false + sum(trace.claimed for trace in evidence.late)
        if not false:
            return None
    if "success" not in kinds or count < LEAST:
        return None
    share = false / count
    text = (
        f"{false} of {count} claimed successes were none by {by} ({share:.0%}), "
        f"at most {MOST_FALSE:.0%} is fine"
    )
    return Finding(SUCCESS, "false successes", share, MOST_FALSE, share > MOST_FALSE, text)


def _missed(evidence: Evidence, kinds: set[str]) -> Finding | None:
    solved = [trace for trace in evidence.late if trace.solved]
    if "success" not in kinds or len(solved) < LEAST:
        return None
    missed = sum(not trace.claimed for trace in solved)
    share = missed / len(solved)
    text = (
        f"{missed} of {len(solved)} true successes were not claimed ({share:.0%}), "
        f"at most {MOST_MISSED:.0%} is fine"
    )
    return Finding(SUCCESS, "missed successes", share, MOST_MISSED, share > MOST_MISSED, text)


def _value(evidence: Evidence, kinds: set[str]) -> Finding | None:
    if "value" not in kinds:
        return None
    auc, count = separation(evidence.traces)
    if count < LEAST:
        return _promised(evidence)
    what = (
        "it is reversed"
        if auc < 0.5 - (LEAST_AUC - 0.5)
        else "it does not tell success from failure"
    )
    text = f"AUC {auc:.2f} of the final values, at least {LEAST_AUC} is fine, 0.5 is chance"
    return Finding(VALUE, what, auc, LEAST_AUC, auc < LEAST_AUC, text)


def _promised(evidence: Evidence) -> Finding | None:
    """Without solved episodes to compare with, M_V is judged by what it says of the failures."""
    failed = [trace for trace in evidence.late if not trace.outcome]
    if len(failed) < LEAST:
        return None
    share = sum(trace.value >= PROMISED for trace in failed) / len(failed)
    text = (
        f"{share:.0%} of {len(failed)} failures end with M_V at {PROMISED} or more, "
        f"at most {MOST_PROMISED:.0%} is fine"
    )
    what = "it promises a success that does not come"
    return Finding(VALUE, what, share, MOST_PROMISED, share > MOST_PROMISED, text)


def _rho(evidence: Evidence, kinds: set[str]) -> Finding | None:
    cosine = evidence.metrics.get("rho_unseen_cosine")
    if "video" not in kinds or cosine is None:
        return None
    error = evidence.metrics["rho_unseen_error"]
    text = (
        f"cosine {cosine:.2f} to the actions of episodes new to it, error {error:.2f}, "
        f"at least {LEAST_RHO_COSINE} is fine"
    )
    weak = cosine < LEAST_RHO_COSINE
    return Finding(RHO, "inverse dynamics error", cosine, LEAST_RHO_COSINE, weak, text)


def _video(evidence: Evidence, kinds: set[str]) -> Finding | None:
    """Where successes exist, play included, the video must point to where they ended."""
    ends = [trace for trace in evidence.traces if trace.outcome and trace.claimed]
    found = [trace.heading for trace in ends if trace.heading is not None]
    if "video" not in kinds or len(found) < LEAST:
        return None
    mean = float(np.mean(found))
    text = (
        f"cosine {mean:.2f} between the imagined change and the way to the {len(found)} solved "
        f"states, at least {LEAST_HEADING} is fine"
    )
    return Finding(
        VIDEO, "imagined video off task", mean, LEAST_HEADING, mean < LEAST_HEADING, text
    )


def _critic(evidence: Evidence, kinds: set[str]) -> Finding | None:
    spread = evidence.metrics.get("q_target_spread")
    if spread is None:
        return None
    # Both estimates' squared errors are summed in the loss.
    unexplained = evidence.metrics["critic_loss"] / 2 / max(spread, 1e-6) ** 2
    flat, lost = spread < LEAST_SPREAD, unexplained > MOST_CRITIC_ERROR
    text = (
        f"targets spread by {spread:.3f} (at least {LEAST_SPREAD} is fine), of which "
        f"{unexplained:.0%} is left unexplained (at most {MOST_CRITIC_ERROR:.0%} is fine)"
    )
    if flat or not lost:
        return Finding(CRITIC, "critic collapse", spread, LEAST_SPREAD, flat, text)
    return Finding(CRITIC, "critic collapse", unexplained, MOST_CRITIC_ERROR, True, text)


def _policy(evidence: Evidence, kinds: set[str]) -> Finding | None:
    metrics = evidence.metrics
    cosine = metrics.get("policy_cosine")
    if "video" not in kinds or cosine is None or not metrics.get("weight_video", 1.0):
        return None
    spread = "".join(
        f", {label} {metrics[name]:.2f}"
        for name, label in (("policy_kl", "KL"), ("policy_std", "standard deviation"))
        if name in metrics
    )
    text = (
        f"cosine {cosine:.2f} to the actions that follow the video{spread}; "
        f"at least {LEAST_POLICY_COSINE} is fine"
    )
    weak = cosine < LEAST_POLICY_COSINE
    return Finding(POLICY, "it does not follow the video", cosine, LEAST_POLICY_COSINE, weak, text)


CHECKS: tuple[Callable[[Evidence, set[str]], Finding | None], ...] = (
    _held,
    _false_claims,
    _missed,
    _value,
    _rho,
    _video,
    _critic,
    _policy,
)


def _with_video_by_exclusion(
    findings: list[Finding], evidence: Evidence, success: float, kinds: set[str]
) -> list[Finding]:
    """Without solved episodes the video is judged by where following it led.

    It is off task where everything that follows it is sound, and success stays away.
    """
    judged = {finding.stage for finding in findings}
    sound = not any(finding.weak for finding in findings)
    sure = all(f.value >= SURE_COSINE for f in findings if f.stage in (RHO, POLICY))
    if "video" not in kinds or VIDEO in judged or not (sound and sure) or RHO not in judged:
        return findings
    followed = [trace.followed for trace in evidence.late if trace.followed is not None]
    rate = float(np.mean([trace.outcome for trace in evidence.late]))
    mean = float(np.mean(followed)) if followed else 0.0
    text = (
        f"what follows it is sound (cosine {mean:.2f} to what the picture did), "
        f"and {rate:.0%} of the late episodes succeeded: by exclusion"
    )
    weak = success < GOOD and rate < GOOD
    return [*findings, Finding(VIDEO, "imagined video off task", rate, GOOD, weak, text)]
