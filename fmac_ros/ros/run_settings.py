"""The run that trainer_node's parameters describe, made anew or continued."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from fmac_ros.control.actions import ACTION_SPACES, action_size
from fmac_ros.control.proprio import proprio_size
from fmac_ros.learning.algorithms import learner_config
from fmac_ros.learning.config import (
    ALGORITHMS,
    AUDITS,
    KL_WEIGHTS,
    OBJECTIVES,
    TRAIN_BEHAVIOURS,
    CommonConfig,
    LearnerConfig,
    TrainConfig,
)
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.files import StoreError
from fmac_ros.learning.store import SETTINGS, RunStore
from fmac_ros.priors.imagining import IMAGINE, ImagineConfig
from fmac_ros.priors.spec import ORACLE_BASELINE, uses_oracle
from fmac_ros.robots import load_robot
from fmac_ros.ros.parameters import parameter

_NOT_OF_THE_RUN = ("run_dir", "resume", "paired", "prior_timeout", "audit_timeout", "device")
_MAY_CHANGE = ("env_steps",)  # a run may be made longer; anything else makes it another one


@dataclass(frozen=True)
class TrainerConfig:
    """Parameters of trainer_node."""

    task: str = parameter(
        description="sentence that says what the arm shall do, or several with ; between them"
    )
    run_dir: str = parameter(description="directory that the run is kept in")
    paired: str = parameter(
        "", description="sentence of the task that undoes the first one, trained in turn with it"
    )
    resume: bool = parameter(False, description="continue the run in run_dir if there is one")
    robot: str = parameter("panda", description="arm that is trained, in config/robots")
    action_space: str = parameter(
        "ee_delta", description="what an action moves", choices=ACTION_SPACES
    )
    priors: str = parameter("embedded", description="priors whose latent space is used")
    look_ahead: int = parameter(
        ImagineConfig.look_ahead,
        description="imagined frame that stands for the next state",
        minimum=1,
        maximum=64,
    )
    imagine: str = parameter(
        ImagineConfig.imagine, description="how often the video is imagined", choices=IMAGINE
    )
    imagine_threshold: float = parameter(
        ImagineConfig.imagine_threshold,
        description="nearest: distance from the video that needs a new one [its mean steps]",
        minimum=0.0,
    )
    prior_timeout: float = parameter(
        15.0, description="longest wait for the priors' answer [s]", minimum=1.0, maximum=3600.0
    )
    seed: int = parameter(TrainConfig.seed, description="of layouts, networks and noise", minimum=0)
    algorithm: str = parameter(
        TrainConfig.algorithm, description="learning algorithm", choices=ALGORITHMS
    )
    behaviour: str = parameter(
        TrainConfig.behaviour, description="who acts", choices=TRAIN_BEHAVIOURS
    )
    env_steps: int = parameter(
        TrainConfig.env_steps, description="environment steps to train for", minimum=1
    )
    seed_steps: int = parameter(
        TrainConfig.seed_steps, description="steps of random play first", minimum=0
    )
    horizon: int = parameter(
        TrainConfig.horizon, description="time limit of an episode [steps]", minimum=1
    )
    play_horizon: int = parameter(
        TrainConfig.play_horizon, description="time limit of random play [steps]", minimum=1
    )
    seed_updates: int = parameter(
        TrainConfig.seed_updates, description="updates right after random play", minimum=0
    )
    updates_per_step: float = parameter(
        TrainConfig.updates_per_step, description="updates per environment step", minimum=0.0
    )
    gripper_hold: int = parameter(
        TrainConfig.gripper_hold,
        description="steps that the noise of the gripper is held for",
        minimum=1,
        maximum=1000,
    )
    checkpoint_every: int = parameter(
        TrainConfig.checkpoint_every, description="episodes between two saves", minimum=1
    )
    objective: str = parameter(
        LearnerConfig.objective, description="form of equation 2", choices=OBJECTIVES
    )
    kl_weight: str = parameter(
        LearnerConfig.kl_weight, description="what counts in the KL term", choices=KL_WEIGHTS
    )
    latent_noise: float = parameter(
        LearnerConfig.latent_noise,
        description="noise on the policy's latents in training [one-step changes]",
        minimum=0.0,
    )
    looks: int = parameter(
        LearnerConfig.looks,
        description="looks at each picture that the policy learns from, one of them unmoved",
        minimum=1,
        maximum=16,
    )
    audit: str = parameter(
        TrainConfig.audit, description="who looks at a claimed success", choices=AUDITS
    )
    audit_value: float = parameter(
        0.9, description="value at the end that the audit asks for", minimum=0.0, maximum=1.0
    )
    audit_timeout: float = parameter(
        60.0, description="longest wait for a person's word [s]", minimum=1.0, maximum=86400.0
    )
    reliability: bool = parameter(
        TrainConfig.reliability, description="weigh priors by their agreement with outcomes"
    )
    alpha: float = parameter(
        LearnerConfig.alpha, description="weight of the advantage", minimum=0.0
    )
    beta: float = parameter(
        LearnerConfig.beta, description="weight of success in the advantage", minimum=0.0
    )
    batch_size: int = parameter(
        LearnerConfig.batch_size, description="transitions per update", minimum=1
    )
    inverse_span: int = parameter(
        LearnerConfig.inverse_span,
        description="steps to the state that the inverse dynamics model infers an action from",
        minimum=1,
        maximum=8,
    )
    learning_rate: float = parameter(
        LearnerConfig.learning_rate, description="of Adam", minimum=1e-7, maximum=1.0
    )
    replay_capacity: int = parameter(
        LearnerConfig.replay_capacity, description="states that the replay holds", minimum=2
    )
    replay_memory: int = parameter(
        LearnerConfig.replay_memory,
        description="bytes from which the replay's latents lie in a file in run_dir",
        minimum=0,
    )
    device: str = parameter(
        LearnerConfig.device,
        description="where networks train: cpu, cuda, auto or another of torch",
    )
    warm_start: int = parameter(
        FacConfig.warm_start, description="fac: episodes that follow the video first", minimum=0
    )
    choose_by_q: bool = parameter(
        FacConfig.choose_by_q, description="fac: act with the better of policy and video by Q"
    )
    discount: float = parameter(
        FacConfig.discount, description="fac: gamma", minimum=0.0, maximum=0.9999
    )
    n_step: int = parameter(
        FacConfig.n_step, description="fac: steps of reward in a return", minimum=1, maximum=100
    )
    success_reward: float = parameter(
        FacConfig.success_reward, description="fac: what a success earns", minimum=1e-3
    )
    shaping: float = parameter(
        FacConfig.shaping, description="fac: weight of the value prior's potential", minimum=0.0
    )
    target_rate: float = parameter(
        FacConfig.target_rate, description="fac: pace of the slow critic", minimum=1e-5, maximum=1.0
    )
    actor_every: int = parameter(
        FacConfig.actor_every, description="fac: critic updates per policy update", minimum=1
    )
    imitation: float = parameter(
        FacConfig.imitation, description="fac: weight of imitating successes", minimum=0.0
    )
    imitation_std: float = parameter(
        FacConfig.imitation_std, description="fac: spread of imitated actions", minimum=0.01
    )
    success_share: float = parameter(
        FacConfig.success_share,
        description="fac: share of a batch from successful episodes",
        minimum=0.0,
        maximum=1.0,
    )
    use_video: bool = parameter(LearnerConfig.use_video, description="learn with the video prior")
    use_value: bool = parameter(LearnerConfig.use_value, description="learn with the value prior")
    use_success: bool = parameter(
        LearnerConfig.use_success, description="learn with the success prior"
    )

    def train_config(self) -> TrainConfig:
        """The run of Algorithm 1."""
        names = {field.name for field in fields(TrainConfig)}
        return TrainConfig(**{n: value for n, value in asdict(self).items() if n in names})

    def learner_config(self) -> CommonConfig:
        """How the networks of the algorithm are trained."""
        return learner_config(self.algorithm, asdict(self))

    def sizes(self) -> tuple[int, int]:
        """Number of components of what the policy feels, and of an action."""
        size, gripper = action_size(self.action_space, load_robot(self.robot))
        return proprio_size(gripper), size


BASELINE = "baseline"  # setting of a run that is one: what to call it
_DEFAULTS = {field.name: field.default for field in fields(TrainerConfig)} | {BASELINE: ""}


def open_store(config: TrainerConfig, encoder_version: str) -> RunStore:
    """Continue the run in ``run_dir`` where ``resume`` allows it, else start one.

    Args:
        encoder_version: of the latent space; the stored latents fit no other.

    Raises:
        StoreError: the directory holds another run, or cannot be used.
    """
    folder = Path(config.run_dir)
    baseline = ORACLE_BASELINE if uses_oracle(config.priors) else ""
    wanted: dict[str, object] = {
        **asdict(config),
        "encoder_version": encoder_version,
        BASELINE: baseline,
    }
    for name in _NOT_OF_THE_RUN:
        del wanted[name]
    if not config.resume or not (folder / SETTINGS).is_file():
        return RunStore.create(folder, wanted)
    store = RunStore.open(folder)
    for name, value in wanted.items():
        kept = store.settings.get(name, _DEFAULTS.get(name))  # an older run lacks newer settings
        if name not in _MAY_CHANGE and kept != value:
            store.close()
            raise StoreError(f"the run in {folder} has {name} {kept!r}, not {value!r}")
    return store
