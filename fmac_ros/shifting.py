"""Pictures moved by a few pixels: what a network sees shall not decide by the pixel's place."""

from __future__ import annotations

import torch

SHIFT = 0.06  # largest, of a picture's height


def shifted(pictures: torch.Tensor, moves: torch.Tensor | None = None) -> torch.Tensor:
    """Move each camera's part of (n, h, w, 3) pictures by whole pixels, repeating its edges.

    A camera's part is as wide as it is high.

    Args:
        moves: (2, n, cameras) pixels down and right; None draws other ones for every picture.
    """
    n, height, width, _ = pictures.shape
    cameras, device = count_cameras(pictures), pictures.device
    side = width // cameras
    moves = draw_moves(pictures, n) if moves is None else moves
    down, right = moves[:, :, None, :, None].to(device)  # (n, 1, cameras, 1) each
    rows = (torch.arange(height, device=device)[:, None, None] + down).clamp(0, height - 1)
    columns = (torch.arange(side, device=device) + right).clamp(0, side - 1)
    columns = columns + side * torch.arange(cameras, device=device)[:, None]
    index = (rows * width + columns).flatten(1)  # (n, h * w)
    flat = pictures.flatten(1, 2)
    return flat.gather(1, index[..., None].expand(-1, -1, 3)).view_as(pictures)


def count_cameras(pictures: torch.Tensor) -> int:
    """Cameras side by side in (n, h, w, 3) pictures."""
    _, height, width, _ = pictures.shape
    return max(1, width // height)


def draw_moves(
    pictures: torch.Tensor, n: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """(2, n, cameras) random moves [pixels] for n pictures like these, or n videos of them."""
    most = round(SHIFT * pictures.shape[1])
    size = 2, n, count_cameras(pictures)
    return torch.randint(-most, most + 1, size, device=pictures.device, generator=generator)
