"""The model card of each embedded prior."""

from __future__ import annotations

import json
from typing import Any

PURPOSE = {
    "encoder": (
        "Latent space of the embedded priors",
        "Maps the picture of a state (two 64x64 views side by side) to an 8x8x16 latent and "
        "back. Policy, inverse dynamics and the video prior work in it. Load with "
        "`fmac_ros.priors.autoencoder.PictureAutoencoder.from_pretrained`.",
    ),
    "value": (
        "Value prior M_V(s|T)",
        "How near a state is to solving the sentence: 0 thirty or more frames away, 1 when "
        "solved. It looks at the picture itself. Load with "
        "`fmac_ros.priors.picture_head.PictureHead.from_pretrained`.",
    ),
    "success": (
        "Success prior M_R(s|T)",
        "Whether the sentence is fulfilled in a state: 1 where the sigmoid of the logit reaches "
        "`threshold` of the configuration, chosen so that one in a hundred unsolved frames of "
        "held-out videos passes; the numbers below are of those same videos. It looks at the "
        "picture itself. Load with `fmac_ros.priors.picture_head.PictureHead.from_pretrained`.",
    ),
    "video": (
        "Video prior M_tau(s|T)",
        "Imagines the next eight latents of the sentence being fulfilled from a state, by four "
        "denoising steps. Load with `fmac_ros.priors.video.VideoPipeline.from_pretrained`.",
    ),
}

LIMITS = """Trained only on PyBullet renderings of one table scene with two cameras, by the
project's own scripted demonstrators; no actions and no real pictures. It knows the sentences,
arms and objects of that data and should not be expected to know others."""


def card(part: str, metrics: dict[str, Any], facts: dict[str, Any]) -> str:
    """Return the README.md of one part."""
    title, purpose = PURPOSE[part]
    videos, validation = facts["videos"], facts["validation"]
    return f"""---
license: apache-2.0
tags: [robotics, pybullet]
---

# {title}

{purpose}

## Data

{videos["videos"]} videos ({videos["frames"]} frames) of {", ".join(videos["arms"])} at the tasks
{", ".join(videos["tasks"])}; {validation["videos"]} others ({validation["frames"]} frames) held
out. `settings.json` has the seeds and training settings, `metrics.json` these numbers.

## Held-out numbers

```json
{json.dumps(metrics, indent=2, sort_keys=True)}
```

## Limits

{LIMITS}
"""
