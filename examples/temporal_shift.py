"""Temporal shift: a 2-D backbone sees neighbouring frames by moving channels along time."""

import torch
import torch.nn as nn


class TemporalShift(nn.Module):
    """Shift one part of the channels back, one part forth, and keep the rest.

    Takes and returns (batch, time, channels, height, width).
    """

    def __init__(self, fold_div=8):
        super().__init__()
        self.fold_div = fold_div

    def forward(self, x):
        b, t, c, h, w = x.size()
        fold = c // self.fold_div
        out = torch.zeros_like(x)
        out[:, :-1, :fold] = x[:, 1:, :fold]  # from the future
        out[:, 1:, fold:2 * fold] = x[:, :-1, fold:2 * fold]  # from the past
        out[:, :, 2 * fold:] = x[:, :, 2 * fold:]
        return out


class ShiftNet(nn.Module):
    """A clip classifier over (batch, time, 3, height, width)."""

    def __init__(self, features=16, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, features, 3, stride=2, padding=1)
        self.shift = TemporalShift()
        self.body = nn.Conv2d(features, features, 3, padding=1)
        self.fc = nn.Linear(features, classes)

    def forward(self, clip):
        b, t, c, h, w = clip.shape
        x = self.stem(clip.reshape(b * t, c, h, w)).relu()
        x = x.unflatten(0, (-1, t))
        x = self.shift(x).flatten(0, 1)
        x = self.body(x).relu().mean((2, 3))
        return self.fc(x.unflatten(0, (-1, t)).mean(1))
