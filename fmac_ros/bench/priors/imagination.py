"""How near the imagined video comes to what people then did."""

from __future__ import annotations

import numpy as np

from fmac_ros.bench.priors.answers import each_video
from fmac_ros.bench.priors.judging import Row
from fmac_ros.priors.base import LatentSpace, VideoPrior
from fmac_ros.priors.pretrain.videos import VideoTable

WINDOWS_PER_VIDEO = 2


def judge_video(
    video: VideoPrior,
    encoder: LatentSpace,
    table: VideoTable,
    pictures: np.ndarray,
    look_ahead: int,
    seed: int,
) -> Row:
    """Square error over that of repeating the first frame, one and all frames ahead.

    Measured on experts only: people who hesitate or miss do not show what to imagine.
    """
    rng = np.random.default_rng(seed)
    frames = tuple(range(1, video.frames + 1))
    errors, changes = [], []
    for number, (info, rows) in enumerate(each_video(table)):
        starts = rows[~table.solved[rows]]
        if info.kind != "expert" or not len(starts):
            continue
        chosen = rng.choice(starts, min(WINDOWS_PER_VIDEO, len(starts)), replace=False)
        imagined = video.imagine(pictures[chosen], info.sentence, frames, seed + number)
        ahead = np.minimum(chosen[:, None] + np.array(frames), rows[-1])  # (n, N)
        true = encoder.encode(pictures[ahead.ravel()]).reshape(imagined.shape).astype(np.float32)
        first = encoder.encode(pictures[chosen])[:, None].astype(np.float32)
        errors.append(np.square(imagined - true).mean((2, 3, 4)))
        changes.append(np.square(true - first).mean((2, 3, 4)))
    if not errors:
        return {"video_error": None, "video_error_all_frames": None, "video_windows": 0}
    error, change = np.concatenate(errors).mean(0), np.concatenate(changes).mean(0)
    return {
        "video_error": float(error[look_ahead - 1] / change[look_ahead - 1]),
        "video_error_all_frames": float(error.sum() / change.sum()),
        "video_windows": int(sum(map(len, errors))),
    }
