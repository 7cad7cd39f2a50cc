"""Tiny image-to-video pipelines of the real classes, with random weights, saved by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLCogVideoX,
    AutoencoderKLLTXVideo,
    AutoencoderKLTemporalDecoder,
    AutoencoderKLWan,
    CogVideoXDDIMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXTransformer3DModel,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LTXImageToVideoPipeline,
    LTXPipeline,
    LTXVideoTransformer3DModel,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
    WanImageToVideoPipeline,
    WanTransformer3DModel,
)
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    CLIPVisionModelWithProjection,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    UMT5Config,
    UMT5EncoderModel,
)

TEXT = 16  # width of the text encoder


def save_ltx(folder: Path, text_to_video: bool = False) -> Path:
    """Write an LTX-Video pipeline; the published one is saved as its text-to-video class."""
    torch.manual_seed(0)
    vae = AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        patch_size=4,
    )
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=1,
        caption_channels=TEXT,
    )
    kind = LTXPipeline if text_to_video else LTXImageToVideoPipeline
    parts = _text_parts() | {"vae": vae, "transformer": transformer}
    kind(scheduler=FlowMatchEulerDiscreteScheduler(), **parts).save_pretrained(folder)
    return folder


def save_wan(folder: Path) -> Path:
    """Write a Wan pipeline of the form with an image encoder (2.1)."""
    torch.manual_seed(0)
    vae = AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    transformer = WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=36,
        out_channels=16,
        text_dim=TEXT,
        freq_dim=16,
        ffn_dim=16,
        num_layers=1,
        image_dim=8,
        rope_max_seq_len=32,
    )
    parts = (
        _text_parts(UMT5EncoderModel, UMT5Config)
        | _image_parts(8, 32, CLIPVisionModel)
        | {"vae": vae, "transformer": transformer}
    )
    parts["image_processor"] = parts.pop("processor")
    WanImageToVideoPipeline(scheduler=FlowMatchEulerDiscreteScheduler(), **parts).save_pretrained(
        folder
    )
    return folder


def save_cogvideox(folder: Path, learned_positions: bool = False) -> Path:
    """Write a CogVideoX pipeline; with learned positions it makes 9 frames of 32x64 only."""
    torch.manual_seed(0)
    vae = AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
    )
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=1,
        attention_head_dim=16,
        in_channels=8,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=TEXT,
        num_layers=1,
        sample_height=4,
        sample_width=8,
        sample_frames=9,
        max_text_seq_length=226,
        use_rotary_positional_embeddings=True,
        use_learned_positional_embeddings=learned_positions,
    )
    parts = _text_parts() | {"vae": vae, "transformer": transformer}
    CogVideoXImageToVideoPipeline(scheduler=CogVideoXDDIMScheduler(), **parts).save_pretrained(
        folder
    )
    return folder


def save_svd(folder: Path) -> Path:
    """Write a Stable Video Diffusion pipeline, which takes no sentence."""
    torch.manual_seed(0)
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=[32, 32],
        down_block_types=["DownEncoderBlock2D"] * 2,
        latent_channels=4,
    )
    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 32),
        layers_per_block=1,
        sample_size=32,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=16,
        num_attention_heads=2,
        projection_class_embeddings_input_dim=24,
        addition_time_embed_dim=8,
    )
    parts = _image_parts(16, 224) | {"vae": vae, "unet": unet}
    parts["feature_extractor"] = parts.pop("processor")
    scheduler = EulerDiscreteScheduler(
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
    )
    StableVideoDiffusionPipeline(scheduler=scheduler, **parts).save_pretrained(folder)
    return folder


def _text_parts(kind: Any = T5EncoderModel, configuration: Any = T5Config) -> dict[str, Any]:
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    letters = [(letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz"]
    tokenizer = T5Tokenizer(vocab=special + letters, extra_ids=0)
    config = configuration(
        vocab_size=len(special) + len(letters),
        d_model=TEXT,
        d_kv=8,
        d_ff=16,
        num_layers=1,
        num_heads=2,
    )
    return {"text_encoder": kind(config).eval(), "tokenizer": tokenizer}


def _image_parts(
    size: int, pixels: int, kind: Any = CLIPVisionModelWithProjection
) -> dict[str, Any]:
    config = CLIPVisionConfig(
        hidden_size=size,
        projection_dim=size,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=pixels,
        intermediate_size=16,
        patch_size=pixels // 2,
    )
    return {
        "image_encoder": kind(config).eval(),
        "processor": CLIPImageProcessor(crop_size=pixels, size=pixels),
    }
