"""Stereo matching: a cost volume over disparities, built in a loop, as PSMNet and its kin do."""

import torch
import torch.nn as nn


class StereoNet(nn.Module):
    """Disparity from a rectified pair of images, each (batch, 3, height, width)."""

    def __init__(self, features=8):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, features, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(features, features, 3, padding=1),
        )
        self.filter = nn.Conv3d(2 * features, 1, 3, padding=1)

    def forward(self, left, right):
        left = self.features(left)
        right = self.features(right)

        # left features beside right features that are shifted by 0 to 3 columns
        b, c, h, w = left.shape
        cost = left.new_zeros(b, 2 * c, 4, h, w)
        for i in range(4):
            if i > 0:
                cost[:, :c, i, :, i:] = left[:, :, :, i:]
                cost[:, c:, i, :, i:] = right[:, :, :, :-i]
            else:
                cost[:, :c, i] = left
                cost[:, c:, i] = right

        weights = torch.softmax(self.filter(cost).squeeze(1), dim=1)
        steps = torch.arange(4)
        return (weights * steps.view(1, 4, 1, 1)).sum(1)
