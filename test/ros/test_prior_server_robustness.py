"""What prior_server refuses or survives, and that it answers afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scripted_priors import means, pictures_of
from scripted_server import TASK, Server
from sensor_msgs.msg import Image
from tiny_priors import save_tiny_priors

from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.ros import names
from fmac_ros.ros.images import array_to_image
from fmac_ros.srv import DetectSuccess


@pytest.fixture
def server(ros: Any, tmp_path: Path) -> Server:
    return Server(ros, tmp_path)


def is_alive(server: Server) -> bool:
    """Whether a plain request is answered rightly."""
    pictures = pictures_of(2, 77)
    answer = server.client.answer(server.client.success(pictures))
    return answer.ok and np.allclose(answer.scores, means(pictures))


def image(
    height: int = 8, width: int = 8, encoding: str = "rgb8", size: int | None = None
) -> Image:
    count = height * width * 3 if size is None else size
    return Image(height=height, width=width, step=width * 3, encoding=encoding, data=bytes(count))


@pytest.mark.parametrize(
    ("pictures", "complaint"),
    [
        ([image(encoding="mono16")], "picture 0: image encoding is 'mono16', valid: rgb8"),
        ([image(encoding="")], "image encoding is ''"),
        ([image(0, 0)], "image is empty: 0 rows of 0 pixels"),
        ([image(0, 8)], "image is empty"),
        ([image(8, 8, size=5)], "image holds 5 bytes"),
        ([image(2**31, 2**31 - 1, size=3)], "valid: at most 4096 each way"),
        ([image(1, 5000)], "picture 0 has 1 rows of 5000 pixels, valid: at most 4096"),
        ([image(), image(16, 16)], "valid: one shape for all"),
        ([], "no picture"),
    ],
)
def test_bad_pictures_are_refused(server: Server, pictures: list[Image], complaint: str) -> None:
    request = DetectSuccess.Request(task=TASK, pictures=pictures)
    answer = server.client.answer(server.client.send_success(request))
    assert not answer.ok and complaint in answer.error
    assert not server.success.asked and is_alive(server)


def test_a_huge_picture_does_not_end_the_server(server: Server) -> None:
    huge = array_to_image(np.zeros((3000, 4000, 3), np.uint8))  # 36 MB
    request = DetectSuccess.Request(task=TASK, pictures=[huge])
    answer = server.client.answer(server.client.send_success(request), 30.0)
    assert answer.ok and list(answer.scores) == [0.0]  # a scripted prior takes any size
    assert is_alive(server)


@pytest.mark.parametrize(
    ("task", "complaint"),
    [
        ("", "sentence is empty"),
        (" \n", "sentence is empty"),
        ("push " * 2000, "characters, valid: 1..1000"),
    ],
)
def test_bad_sentences_are_refused(server: Server, task: str, complaint: str) -> None:
    answer = server.client.answer(server.client.success(pictures_of(1), task))
    assert not answer.ok and complaint in answer.error
    assert is_alive(server)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_refused(server: Server, number: float) -> None:
    server.success.nonsense = number
    white = np.full((1, 8, 8, 3), 255, np.uint8)
    for _ in range(2):  # it is not remembered either
        answer = server.client.answer(server.client.success(white))
        assert not answer.ok and "scripted answered a non-finite number" in answer.error
        assert not list(answer.scores) and not list(answer.successes)
    assert is_alive(server)


@pytest.mark.parametrize(
    "error", [RuntimeError("the fan fell off"), OSError("disk"), MemoryError()]
)
def test_what_a_prior_raises_is_answered(server: Server, error: Exception) -> None:
    server.success.error = error
    answer = server.client.answer(server.client.success(pictures_of(1)))
    assert not answer.ok and str(error) in answer.error
    server.success.error = None
    assert is_alive(server)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def pickled(path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, path)


def not_a_number(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = {name: torch.full_like(t, torch.nan) for name, t in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.mark.parametrize("spoil", [cut, pickled, not_a_number])
@pytest.mark.parametrize("part", ["success/model", "encoder/diffusion_pytorch_model"])
def test_spoilt_weights_are_refused_and_told_of(
    ros: Any, tmp_path: Path, spoil: Callable[[Path], None], part: str
) -> None:
    spoil(save_tiny_priors(tmp_path / "priors") / f"{part}.safetensors")
    server = ros.add(PriorServer, priors=str(tmp_path / "priors"))
    service = ros.node().create_client(DetectSuccess, names.DETECT_SUCCESS)
    assert ros.spin_until(service.service_is_ready)
    ros.spin_for(0.3)  # the server may not have found the client's side yet
    picture = array_to_image(np.zeros((64, 128, 3), np.uint8))
    for _ in range(2):
        future = service.call_async(DetectSuccess.Request(task=TASK, pictures=[picture]))
        assert ros.spin_until(future.done, 30.0), "no answer"
        assert not future.result().ok and "are missing: " in future.result().error
    assert server.context.ok()


def test_a_pickle_is_not_opened(ros: Any, tmp_path: Path) -> None:
    """Nothing but safetensors is looked for, even where a pickle lies beside."""
    folder = save_tiny_priors(tmp_path / "priors") / "success"
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    ros.add(PriorServer, priors=str(tmp_path / "priors"))
    service = ros.node().create_client(DetectSuccess, names.DETECT_SUCCESS)
    assert ros.spin_until(service.service_is_ready)
    ros.spin_for(0.3)  # the server may not have found the client's side yet
    picture = array_to_image(np.zeros((64, 128, 3), np.uint8))
    future = service.call_async(DetectSuccess.Request(task=TASK, pictures=[picture]))
    assert ros.spin_until(future.done, 30.0), "no answer"
    assert not future.result().ok and "are missing: " in future.result().error
