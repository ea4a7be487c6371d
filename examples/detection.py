"""The decode step of a one-stage detector: raw maps to boxes in pixels."""

import torch
import torch.nn as nn


class Decode(nn.Module):
    """(batch, 3 * 7, size, size) to (batch, 3 * size * size, 7): x, y, w, h, objectness, classes."""

    def __init__(self, size=8, stride=16):
        super().__init__()
        self.size = size
        self.stride = float(stride)
        rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
        grid = torch.stack((columns, rows), -1).view(1, 1, size, size, 2).float()
        self.register_buffer("grid", grid)
        self.register_buffer("anchors", torch.rand(1, 3, 1, 1, 2) * 32)

    def forward(self, x):
        b, _, h, w = x.shape
        y = x.view(b, 3, 7, h, w).permute(0, 1, 3, 4, 2).sigmoid()
        y[..., 0:2] = (y[..., 0:2] * 2 - 0.5 + self.grid) * self.stride  # centre
        y[..., 2:4] = (y[..., 2:4] * 2) ** 2 * self.anchors  # size
        return y.reshape(b, -1, 7)


class Detector(nn.Module):
    """A backbone of one convolution and the decode step, for (batch, 3, 128, 128)."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Conv2d(3, 3 * 7, 3, stride=16, padding=1)
        self.decode = Decode()

    def forward(self, image):
        return self.decode(self.backbone(image))
