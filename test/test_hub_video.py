"""Image-to-video pipelines of diffusers imagine the future in the run's latent space."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from video_models import save_cogvideox, save_ltx, save_svd, save_wan

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.hub import loading
from fmac_ros.priors.hub.video import HubVideo
from fmac_ros.priors.hub.video_form import VideoForm, video_form
from fmac_ros.priors.hub.video_frames import at_times, cut_out, fit_into
from fmac_ros.priors.hub.video_loading import load_pipeline
from fmac_ros.priors.hub.video_options import VideoOptions

TASK = "press the red button"
VIEW = (64, 128)
LATENT = (8, 8, 16)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder(PictureAutoencoder(width_fine=8, width_coarse=8, blocks=1))


@pytest.fixture(scope="module")
def ltx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_ltx(tmp_path_factory.mktemp("ltx"))


@pytest.fixture(scope="module")
def pipeline(ltx: Path) -> Any:
    return load_pipeline(VideoOptions(str(ltx)))[0]


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (2, *VIEW, 3), np.uint8)


def small(folder: Path, **options: Any) -> VideoOptions:
    return VideoOptions(str(folder), **{"steps": 2, "frames": 4, "height": 64, **options})


@pytest.mark.parametrize(
    ("save", "fps", "conditioning"),
    [
        (save_ltx, 25, ("text",)),
        (save_cogvideox, 8, ("text",)),
        (save_wan, 16, ("text",)),
        (save_svd, 7, ()),
    ],
    ids=["ltx", "cogvideox", "wan", "svd"],
)
def test_every_family_imagines(
    save: Callable[[Path], Path],
    fps: float,
    conditioning: tuple[str, ...],
    encoder: Encoder,
    pictures: np.ndarray,
    tmp_path: Path,
) -> None:
    if save is save_wan:
        pytest.importorskip("ftfy", reason="Wan's pipeline needs it")
    prior = HubVideo(small(save(tmp_path)), encoder)
    assert prior._generator.form.fps == fps and prior.conditioning == conditioning
    shares: list[float] = []
    latents = prior.imagine(pictures[:1], TASK, [1, 4], 3, shares.append)
    assert latents.shape == (1, 2, *LATENT) and latents.dtype == np.float16
    assert np.isfinite(latents).all() and shares == [0.0, 0.5, 1.0]
    assert not np.array_equal(latents[:, 0], latents[:, 1])


def test_the_seed_decides(ltx: Path, encoder: Encoder, pictures: np.ndarray) -> None:
    prior = HubVideo(small(ltx), encoder)
    first = prior.imagine(pictures, TASK, [2, 3], seed=1)
    np.testing.assert_array_equal(first, prior.imagine(pictures, TASK, [2, 3], seed=1))
    np.testing.assert_array_equal(first[:, 1:], prior.imagine(pictures, TASK, [3], seed=1))
    assert not np.array_equal(first, prior.imagine(pictures, TASK, [2, 3], seed=2))
    assert not np.array_equal(first, prior.imagine(pictures, "push it", [2, 3], seed=1))
    assert prior.version == HubVideo(small(ltx), encoder).version and prior.name == str(ltx)


def test_cameras_are_imagined_one_by_one(ltx: Path, encoder: Encoder, pictures: np.ndarray) -> None:
    prior = HubVideo(small(ltx, views="each"), encoder)
    assert (prior._generator.form.height, prior._generator.form.width) == (64, 64)
    shares: list[float] = []
    assert prior.imagine(pictures, TASK, [2], 0, shares.append).shape == (2, 1, *LATENT)
    assert len(shares) == 2 * 2 * 3 and shares == sorted(shares) and shares[-1] == 1.0


class Stop(RuntimeError):
    """Raised by a client that does not want its video any more."""


def test_a_raise_of_the_callback_ends_it(ltx: Path, encoder: Encoder, pictures: np.ndarray) -> None:
    prior = HubVideo(small(ltx, steps=50), encoder)
    shares: list[float] = []

    def stop(share: float) -> None:
        shares.append(share)
        if len(shares) == 3:
            raise Stop

    with pytest.raises(Stop):
        prior.imagine(pictures, TASK, [1], 0, stop)
    assert shares == [0.0, 0.01, 0.02]
    assert prior.imagine(pictures[:1], TASK, [1], 0).shape == (1, 1, *LATENT)


def test_wrong_requests_are_refused(ltx: Path, encoder: Encoder, pictures: np.ndarray) -> None:
    prior = HubVideo(small(ltx), encoder)
    for indices in ([], [0], [1, 5]):
        with pytest.raises(ValueError, match=r"valid: some of 1\.\.4"):
            prior.imagine(pictures, TASK, indices, 0)
    with pytest.raises(ValueError, match=r"valid: \(n, 64, 128, 3\)"):
        prior.imagine(pictures[:, :32], TASK, [1], 0)
    assert prior.imagine(pictures[:0], TASK, [1], 0).shape == (0, 1, *LATENT)


def test_a_frame_that_is_not_finite_is_refused(
    ltx: Path, encoder: Encoder, pictures: np.ndarray
) -> None:
    prior = HubVideo(small(ltx), encoder)
    with torch.no_grad():
        prior._generator._pipeline.vae.decoder.conv_out.conv.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="non-finite"):
        prior.imagine(pictures, TASK, [1], 0)


@pytest.mark.parametrize(
    ("options", "form"),
    [
        # 0.8 s at 25 fps are 20 frames after the first; LTX makes 8k + 1.
        ({"height": 64}, VideoForm(64, 128, 25, 25.0)),
        ({"width": 300}, VideoForm(160, 288, 25, 25.0)),
        ({"height": 100, "width": 100}, VideoForm(96, 96, 25, 25.0)),
        ({"height": 5, "frames": 1}, VideoForm(32, 32, 9, 25.0)),
        ({"height": 64, "fps": 10, "video_frames": 30}, VideoForm(64, 128, 33, 10.0)),
        ({"height": 64, "seconds_per_step": 0.2, "fps": 5}, VideoForm(64, 128, 9, 5.0)),
        # The area that LTX names, in the form of the picture.
        ({}, VideoForm(416, 864, 25, 25.0)),
    ],
)
def test_the_form_is_what_the_pipeline_takes(
    pipeline: Any, ltx: Path, options: dict[str, Any], form: VideoForm
) -> None:
    assert video_form(pipeline, VideoOptions(str(ltx), **options), VIEW) == form


def test_too_short_a_video_is_refused(pipeline: Any, ltx: Path) -> None:
    with pytest.raises(ValueError, match="video_frames is 20, valid: 21 or more"):
        video_form(pipeline, VideoOptions(str(ltx), video_frames=20), VIEW)


def test_a_model_of_one_form_keeps_it(
    tmp_path: Path, encoder: Encoder, pictures: np.ndarray
) -> None:
    folder = save_cogvideox(tmp_path, learned_positions=True)
    prior = HubVideo(VideoOptions(str(folder), steps=1), encoder)
    assert prior._generator.form == VideoForm(32, 64, 9, 8.0)
    assert prior.imagine(pictures[:1], TASK, [8], 0).shape == (1, 1, *LATENT)
    for wrong, complaint in (
        ({"height": 64}, "height is 64, valid for this model: 32 only"),
        ({"frames": 11}, r"frames is 11, valid: 1\.\.10, as the model's 9 frames"),
    ):
        with pytest.raises(ValueError, match=complaint):
            HubVideo(VideoOptions(str(folder), **wrong), encoder)


def test_frames_are_mixed_between_their_times() -> None:
    frames = np.arange(5, dtype=np.float32).reshape(5, 1, 1, 1)
    assert at_times(frames, [0.1, 0.2, 0.4], fps=8).ravel() == pytest.approx([0.8, 1.6, 3.2])
    assert at_times(frames, [0.4], fps=10).ravel().tolist() == [4.0]
    with pytest.raises(ValueError, match=r"5 frames lasts 0.400 s, asked 0.5"):
        at_times(frames, [0.5], fps=10)


@pytest.mark.parametrize("size", [(64, 128), (128, 128), (96, 256), (480, 720)])
def test_a_picture_fits_and_comes_back(size: tuple[int, int]) -> None:
    rows, columns = np.mgrid[:64, :128]
    smooth = np.stack([2 * rows, columns, rows + columns], axis=2).astype(np.uint8)
    fitted = fit_into(smooth, *size)
    assert fitted.shape == (*size, 3)
    (back,) = cut_out(fitted[None], 64, 128)
    assert np.abs(back.astype(int) - smooth).max() <= 3


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"frames": 0}, "frames is 0, valid: 1, 2, ..."),
        ({"steps": 0}, "steps is 0"),
        ({"guidance": -1}, "guidance is -1, valid: 0 or more"),
        ({"fps": 0}, "fps is 0, valid: 0.1 or more"),
        ({"seconds_per_step": 0}, "seconds_per_step is 0"),
        ({"views": "both"}, "views is 'both', valid: together, each"),
        ({"prompt": "do it"}, "prompt is 'do it', valid: a text that holds {task}"),
        ({"extra": {"image": 1}}, "valid: arguments of the pipeline beside image"),
        ({"offload": "auto"}, "offload is 'auto', valid: none, model, sequential"),
        ({"height": 1.5}, "height is 1.5"),
    ],
)
def test_wrong_options_are_explained(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        VideoOptions("owner/name", **options)


def test_offload_needs_accelerate_and_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="offload 'model' needs the package accelerate: pip"):
        VideoOptions("owner/name", offload="model")
    monkeypatch.setattr(loading, "find_spec", lambda name: name)
    with pytest.raises(ValueError, match="offload 'sequential' with device 'cpu', valid: a GPU"):
        VideoOptions("owner/name", offload="sequential")


def test_quantisation_needs_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "find_spec", lambda name: name)
    with pytest.raises(ValueError, match="quantisation 'int4' with device 'cpu', valid: a GPU"):
        VideoOptions("owner/name", quantisation="int4")


def test_wan_says_which_package_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_wan(tmp_path)
    monkeypatch.setattr(
        loading, "find_spec", lambda name: None if name == "ftfy" else find_spec(name)
    )
    with pytest.raises(ValueError, match="WanImageToVideoPipeline needs the package ftfy"):
        load_pipeline(VideoOptions(str(folder)))


def test_a_text_to_video_repository_is_loaded_for_pictures(tmp_path: Path) -> None:
    folder = save_ltx(tmp_path, text_to_video=True)
    pipeline, _ = load_pipeline(VideoOptions(str(folder)))
    assert type(pipeline).__name__ == "LTXImageToVideoPipeline"


def test_extra_arguments_are_checked(ltx: Path, encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="extra has 'speed', valid for LTXImageToVideoPipeline"):
        HubVideo(small(ltx, extra={"speed": 2}), encoder)


def spoil_index(folder: Path, **entries: Any) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def drop_tensor(folder: Path) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    tensors.pop(next(iter(tensors)))
    save_file(tensors, path)


def cut(folder: Path) -> None:
    path = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (cut, "diffusion_pytorch_model.safetensors is cut short"),
        (drop_tensor, "weights of vae in .* lack 1 tensors of AutoencoderKLLTXVideo"),
        (
            lambda folder: spoil_index(folder, _class_name="StableDiffusionPipeline"),
            "'StableDiffusionPipeline', valid: an image-to-video pipeline of diffusers",
        ),
        (
            lambda folder: spoil_index(folder, vae=["somebodys_code", "Vae"]),
            "vae of .* is a Vae of somebodys_code, valid: classes of the installed diffusers",
        ),
        (
            lambda folder: (folder / "model_index.json").write_text("{}"),
            "model_index.json is not that of a pipeline",
        ),
        (lambda folder: (folder / "model_index.json").unlink(), "no model_index.json in"),
        (
            lambda folder: (folder / "transformer" / "config.json").unlink(),
            "no config.json in .*transformer",
        ),
    ],
    ids=[
        "cut",
        "absent tensor",
        "other use",
        "foreign code",
        "no index",
        "index gone",
        "no config",
    ],
)
def test_a_damaged_pipeline_is_explained(
    tmp_path: Path, spoil: Callable[[Path], None], complaint: str
) -> None:
    folder = save_ltx(tmp_path)
    spoil(folder)
    with pytest.raises((ValueError, OSError), match=complaint):
        load_pipeline(VideoOptions(str(folder)))
