"""Representations of another centre crop than the 70 px that the explorer uses (Fig. 9)."""

import numpy as np
import torch
from numpy.typing import NDArray

from model.encoder import EMBED_BATCH, FEATURES, Encoder
from model.preprocess import INPUT_MEAN, INPUT_STD


def embed_cropped(encoder: Encoder, pixels: NDArray[np.uint8], size_px: int) -> NDArray[np.float32]:
    """Compute y (N, 512) of the centre ``size_px`` of cleaned images (N, 150, 150)."""
    start = pixels.shape[-1] // 2 - size_px // 2
    crop = pixels[:, start : start + size_px, start : start + size_px]
    y = np.empty((len(crop), FEATURES), np.float32)
    with torch.inference_mode():
        for first in range(0, len(crop), EMBED_BATCH):
            batch = torch.from_numpy(crop[first : first + EMBED_BATCH].astype(np.float32) / 255)
            x = ((batch - INPUT_MEAN) / INPUT_STD)[:, None]  # (B, 1, S, S)
            y[first : first + EMBED_BATCH] = encoder(x).numpy()
    return y
