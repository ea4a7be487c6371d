"""Stereo matching: a cost volume over disparities, built in a loop, as PSMNet and its kin do."""

import torch
import torch.nn as nn


class CostVolume(nn.Module):
    """Pair left features with right features shifted by 0 to ``disparities - 1`` columns.

    Takes two (batch, channels, height, width), returns
    (batch, 2 * channels, disparities, height, width).
    """

    def forward(self, left, right):
        b, c, h, w = left.shape
        cost = left.new_zeros(b, 2 * c, 4, h, w)
        for i in range(4):
            if i > 0:
                cost[:, :c, i, :, i:] = left[:, :, :, i:]
                cost[:, c:, i, :, i:] = right[:, :, :, :-i]
            else:
                cost[:, :c, i] = left
                cost[:, c:, i] = right
        return cost


class StereoNet(nn.Module):
    """Disparity from a rectified pair of images, each (batch, 3, height, width)."""

    def __init__(self, features=8):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, features, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(features, features, 3, padding=1),
        )
        self.volume = CostVolume()
        self.filter = nn.Conv3d(2 * features, 1, 3, padding=1)

    def forward(self, left, right):
        cost = self.volume(self.features(left), self.features(right))
        weights = torch.softmax(self.filter(cost).squeeze(1), dim=1)
        steps = torch.arange(4, dtype=torch.float32)
        return (weights * steps.view(1, 4, 1, 1)).sum(1)
