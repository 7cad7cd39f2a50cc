"""Tiny models with random weights of real architectures, saved as their makers save them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from fmac_ros.priors.hub.prompts import PROMPTS

PAD, END = "<|pad|>", "<|endoftext|>"
TALK = "{% for m in messages %}{{ m.role }}: {% for c in m.content %}"
CHAT = (
    TALK + "{% if c.type == 'image' %}IMAGE{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
)
WORDS = "yes Yes no No true True false False red blue button press push drawer robot arm"


def save_tokenizer(folder: Path, special: Sequence[str] = (), ending: bool = False) -> Any:
    """Train and save a byte-level tokenizer in which the usual answers are single tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    corpus = [prompt.text for prompt in PROMPTS.values()] + [WORDS, *WORDS.split()] * 4
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=[PAD, END, *special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    if ending:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"$A {END}", special_tokens=[(END, tokenizer.token_to_id(END))]
        )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, model_max_length=4096
    )
    fast.save_pretrained(folder)
    return fast


def save_contrastive(folder: Path, family: str = "clip") -> Path:
    """A CLIP (``clip``) or SigLIP (``siglip``) of 32-pixel pictures and 40 tokens."""
    torch.manual_seed(0)
    tokenizer = save_tokenizer(folder, ending=True)
    small = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    text = {
        **small,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 40,
        "bos_token_id": tokenizer.eos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {**small, "image_size": 32, "patch_size": 8}
    if family == "clip":
        config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
        processing = {
            "image_processor_type": "CLIPImageProcessor",
            "size": {"shortest_edge": 32},
            "crop_size": {"height": 32, "width": 32},
        }
    else:
        text["projection_size"] = 32
        config = transformers.SiglipConfig(text_config=text, vision_config=vision)
        size = {"height": 32, "width": 32}
        processing = {"image_processor_type": "SiglipImageProcessor", "size": size}
    model = transformers.AutoModel.from_config(config)
    _spread(model)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(processing))
    return folder


def save_qwen3_vl(folder: Path, dtype: torch.dtype = torch.float32) -> Path:
    """A Qwen3-VL with its special tokens and chat."""
    torch.manual_seed(0)
    start, end, image, video = (
        f"<|{name}|>" for name in ("vision_start", "vision_end", "image_pad", "video_pad")
    )
    tokenizer = save_tokenizer(folder, [start, end, image, video])
    ids = dict(zip(("start", "end", "image", "video"), range(2, 6), strict=True))
    config = transformers.Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "mrope_section": [4, 2, 2],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 32,
            "patch_size": 16,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        },
        image_token_id=ids["image"],
        video_token_id=ids["video"],
        vision_start_token_id=ids["start"],
        vision_end_token_id=ids["end"],
    )
    processing = {
        "image_processor_type": "Qwen2VLImageProcessorFast",
        "patch_size": 16,
        "merge_size": 2,
        "temporal_patch_size": 2,
        "size": {"shortest_edge": 32 * 64, "longest_edge": 64 * 64},
    }
    _save_chat_model(folder, config, processing, CHAT.replace("IMAGE", start + image + end), dtype)
    videos = {**processing, "video_processor_type": "Qwen3VLVideoProcessor"}
    del videos["image_processor_type"]
    (folder / "video_preprocessor_config.json").write_text(json.dumps(videos))
    return folder


def save_idefics3(folder: Path, family: str = "idefics3") -> Path:
    """An Idefics3, or a SmolVLM (``smolvlm``), which is built alike."""
    torch.manual_seed(0)
    cells = [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
    special = [
        "<image>",
        "<fake_token_around_image>",
        "<global-img>",
        "<end_of_utterance>",
        "<video>",
        *cells,
    ]
    tokenizer = save_tokenizer(folder, special)
    config = transformers.AutoConfig.for_model(
        family,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
        scale_factor=2,
        text_config={
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.eos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
        },
    )
    names = {"idefics3": "Idefics3", "smolvlm": "SmolVLM"}
    processing = {
        "image_processor_type": f"{names[family]}ImageProcessor",
        "size": {"longest_edge": 64},
        "max_image_size": {"longest_edge": 32},
        "do_image_splitting": True,
    }
    _save_chat_model(folder, config, processing, CHAT.replace("IMAGE", "<image>"), torch.float32)
    settings = {"processor_class": f"{names[family]}Processor", "image_seq_len": 4}
    (folder / "processor_config.json").write_text(json.dumps(settings))
    return folder


def _save_chat_model(
    folder: Path, config: Any, processing: dict[str, Any], chat: str, dtype: torch.dtype
) -> None:
    model = transformers.AutoModelForImageTextToText.from_config(config)
    _spread(model)
    model.to(dtype).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(processing))
    (folder / "chat_template.jinja").write_text(chat)


@torch.no_grad()
def _spread(model: torch.nn.Module) -> None:
    """Larger matrices than a fresh model's, so that what it is shown moves its answer."""
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.mul_(5)
