"""Vision-language priors: the probability of an answer, and what they refuse to load."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hub_models import save_contrastive, save_idefics3, save_qwen3_vl, save_tokenizer
from PIL import Image

from fmac_ros.priors.backends import make_prior
from fmac_ros.priors.hub.answers import answer_tokens, probability
from fmac_ros.priors.hub.processors import load_processor
from fmac_ros.priors.hub.prompts import PROMPTS

TASK = "press the red button"
SAVERS = {"qwen3_vl": save_qwen3_vl, "idefics3": save_idefics3}


@pytest.fixture(scope="module", params=SAVERS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SAVERS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_qwen3_vl(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 64, 128, 3), dtype=np.uint8)


def prior(kind: str, model: Path | str, **options: Any) -> Any:
    return make_prior(kind, "vlm", {"model": str(model), **options}, None)  # type: ignore[arg-type]


def test_the_answer_is_what_the_model_would_say(model: Path, pictures: np.ndarray) -> None:
    """The share of yes in the first token that generation samples from."""
    network = transformers.AutoModelForImageTextToText.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    yes, no = (answer_tokens(tokenizer, [word]) for word in ("yes", "no"))
    assert tokenizer.decode(yes[0]).strip().lower() == "yes" and len(yes) >= 2
    processor = load_processor(model, network.config)
    prompt = PROMPTS["value", "question"].text.replace("{task}", TASK)
    content = [{"type": "image"}, {"type": "text", "text": prompt}]
    chat = processor.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True
    )
    images = [[Image.fromarray(pictures[0])]]
    features = processor(text=[chat], images=images, return_tensors="pt")
    said = network.generate(
        **features,
        max_new_tokens=1,
        do_sample=False,
        output_logits=True,
        return_dict_in_generate=True,
    )
    chances = said.logits[0][0].softmax(0)
    expected = float(chances[yes].sum() / (chances[yes].sum() + chances[no].sum()))
    value = prior("value", model, style="question")
    assert value.values(pictures[:1], TASK)[0] == pytest.approx(expected, abs=1e-5)


def test_answers_are_batched_and_depend_on_picture_and_task(
    model: Path, pictures: np.ndarray
) -> None:
    value, success = prior("value", model, batch=2), prior("success", model, threshold=0.9)
    for ask in (value.values, success.scores):
        together = ask(pictures, TASK)
        assert together.shape == (3,) and together.dtype == np.float32
        assert ((together >= 0) & (together <= 1)).all() and np.ptp(together) > 1e-4
        alone = [ask(picture[None], TASK)[0] for picture in pictures]
        np.testing.assert_allclose(together, alone, atol=1e-5)
        assert not np.allclose(together, ask(pictures, "open the drawer"), atol=1e-4)
        assert ask(pictures[:0], TASK).shape == (0,)
    assert success.threshold == 0.9
    assert (value.name, value.picture_size, value.conditioning) == (str(model), None, ("text",))


def test_styles_words_and_prompts_change_the_question(qwen: Path, pictures: np.ndarray) -> None:
    statement = prior("value", qwen).values(pictures, TASK)
    question = prior("value", qwen, style="question").values(pictures, TASK)
    words = prior("value", qwen, positive=["false"], negative=["true"]).values(pictures, TASK)
    asked = prior("value", qwen, prompt="Is it red? {task}").values(pictures, TASK)
    assert not np.allclose(statement, question, atol=1e-4)
    assert not np.allclose(statement, asked, atol=1e-4)
    np.testing.assert_allclose(words, 1 - statement, atol=1e-5)


def test_cameras_are_shown_together_or_apart(qwen: Path, pictures: np.ndarray) -> None:
    left, right = (prior("value", qwen, camera=index).values(pictures, TASK) for index in (0, 1))
    mean = prior("value", qwen, camera="mean").values(pictures, TASK)
    np.testing.assert_allclose(mean, (left + right) / 2, atol=1e-5)
    assert not np.allclose(mean, prior("value", qwen).values(pictures, TASK), atol=1e-4)


def test_probability_counts_all_spellings() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.2, 0.1, 0.6]]))
    assert probability(logits, [0, 1], [2], "answers", 1.0) == pytest.approx(0.75)
    assert probability(logits, [0, 1], [2], "vocabulary", 1.0) == pytest.approx(0.3)
    assert probability(logits, [0, 1], [2], "answers", 1e3) == pytest.approx(0.5, abs=1e-3)
    huge = torch.tensor([[1e4, -1e4]], dtype=torch.bfloat16)
    assert probability(huge, [0], [1], "answers", 1.0) == 1.0


def test_answers_need_a_token_of_their_own(tmp_path: Path) -> None:
    tokenizer = save_tokenizer(tmp_path)
    with pytest.raises(ValueError, match=r"no single token for the answer \['perhaps'\]"):
        answer_tokens(tokenizer, ["perhaps"])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"promt": "x"}, "unknown option 'promt', valid: model, revision"),
        ({"style": "poem"}, "style is 'poem', valid: statement, question"),
        ({"over": "all"}, "over is 'all', valid: answers, vocabulary"),
        ({"positive": [True]}, r"positive is \[True\], valid: a list of words in quotes"),
        ({"positive": "yes"}, "positive is 'yes', valid: a list"),
        ({"positive": ["no"], "negative": ["no"]}, "positive and negative share the tokens"),
        ({"temperature": 0}, "temperature is 0, valid: 0.01 or more"),
        ({"batch": 1.5}, r"batch is 1\.5"),
        ({"threshold": 2}, "threshold is 2"),
        ({"offload": "auto"}, "needs the package accelerate|valid: a GPU"),
    ],
)
def test_wrong_options_are_explained(qwen: Path, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        prior("success", qwen, **options)


@pytest.mark.parametrize(
    ("sentence", "complaint"),
    [(" ", "sentence is empty"), ("x" * 10_000, "10000"), ("see <|image_pad|>", "image_pad")],
)
def test_wrong_sentences_are_refused(
    qwen: Path, pictures: np.ndarray, sentence: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        prior("value", qwen).values(pictures, sentence)


def test_a_model_that_answers_nan_is_refused(tmp_path: Path, pictures: np.ndarray) -> None:
    folder = save_qwen3_vl(tmp_path)
    network = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    torch.nn.init.constant_(network.lm_head.weight, float("nan"))
    network.save_pretrained(folder)
    with pytest.raises(FloatingPointError, match="non-finite"):
        prior("value", folder).values(pictures, TASK)


def test_a_model_stored_in_half_precision_runs(tmp_path: Path, pictures: np.ndarray) -> None:
    folder = save_qwen3_vl(tmp_path, torch.bfloat16)
    full = prior("value", folder).values(pictures, TASK)
    half = prior("value", folder, dtype="bfloat16").values(pictures, TASK)
    np.testing.assert_allclose(half, full, atol=0.1)


def test_models_that_cannot_chat_about_pictures_are_refused(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CLIPConfig"):
        prior("value", save_contrastive(tmp_path / "clip"))
    mute = Path(shutil.copytree(qwen, tmp_path / "mute"))
    (mute / "chat_template.jinja").unlink()
    with pytest.raises(ValueError, match="has no chat template, valid: an instruct model"):
        prior("value", mute)
    coded = Path(shutil.copytree(qwen, tmp_path / "coded"))
    config = json.loads((coded / "config.json").read_text())
    auto = {"AutoConfig": "code.Config", "AutoModelForImageTextToText": "code.Model"}
    (coded / "config.json").write_text(json.dumps({**config, "model_type": "x", "auto_map": auto}))
    with pytest.raises(ValueError, match="needs code from its own repository, which is never run"):
        prior("value", coded)


def test_incomplete_models_are_refused(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model at '/nowhere'"):
        prior("success", "/nowhere")
    with pytest.raises(FileNotFoundError, match=r"no config\.json"):
        prior("success", tmp_path)
    folder = Path(shutil.copytree(qwen, tmp_path / "copy"))
    weights = folder / "model.safetensors"
    (folder / "preprocessor_config.json").rename(tmp_path / "kept")
    with pytest.raises((FileNotFoundError, OSError, ValueError), match="preprocessor_config"):
        prior("success", folder)
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match="cut short or is not safetensors"):
        prior("success", folder)
    weights.rename(folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match="pickled weights can run code"):
        prior("success", folder)


def test_smolvlm_runs_or_says_what_it_needs(tmp_path: Path, pictures: np.ndarray) -> None:
    folder = save_idefics3(tmp_path, "smolvlm")
    if find_spec("num2words") is None:
        with pytest.raises(ValueError, match="pip install num2words"):
            prior("value", folder)
    else:
        assert prior("value", folder).values(pictures, TASK).shape == (3,)
