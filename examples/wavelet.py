"""A multi-level wavelet CNN for image restoration.

Written the way such networks are usually published: the wavelet transforms are free functions,
the inverse transform fills a zeros tensor with strided writes, and the batch size is read from
the input. It trains and runs in PyTorch on a GPU, and TensorRT minds five things about it.
"""

import torch
import torch.nn as nn


def dwt_init(x):
    """Haar transform: (b, c, h, w) to (b, 4c, h/2, w/2)."""
    x01 = x[:, :, 0::2, :] / 2
    x02 = x[:, :, 1::2, :] / 2
    x1 = x01[:, :, :, 0::2]
    x2 = x02[:, :, :, 0::2]
    x3 = x01[:, :, :, 1::2]
    x4 = x02[:, :, :, 1::2]
    x_LL = x1 + x2 + x3 + x4
    x_HL = -x1 - x2 + x3 + x4
    x_LH = -x1 + x2 - x3 + x4
    x_HH = x1 - x2 - x3 + x4
    return torch.cat((x_LL, x_HL, x_LH, x_HH), 1)


def iwt_init(x):
    """Inverse Haar transform: (b, c, h, w) to (b, c/4, 2h, 2w)."""
    r = 2
    in_batch, in_channel, in_height, in_width = x.size()
    out_batch, out_channel, out_height, out_width = (
        in_batch, int(in_channel / r**2), r * in_height, r * in_width,
    )
    x1 = x[:, 0:out_channel, :, :] / 2
    x2 = x[:, out_channel:out_channel * 2, :, :] / 2
    x3 = x[:, out_channel * 2:out_channel * 3, :, :] / 2
    x4 = x[:, out_channel * 3:out_channel * 4, :, :] / 2

    h = torch.zeros([out_batch, out_channel, out_height, out_width]).float().cuda()

    # the four sub-bands interleave along height and width
    h[:, :, 0::2, 0::2] = x1 - x2 - x3 + x4
    h[:, :, 1::2, 0::2] = x1 - x2 + x3 - x4
    h[:, :, 0::2, 1::2] = x1 + x2 - x3 - x4
    h[:, :, 1::2, 1::2] = x1 + x2 + x3 + x4

    return h


class DWT(nn.Module):
    def forward(self, x):
        return dwt_init(x)


class IWT(nn.Module):
    def forward(self, x):
        return iwt_init(x)


class ConvBlock(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels_out)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class WaveletNet(nn.Module):
    """Two wavelet levels with skip connections; one DWT and one IWT serve every level."""

    def __init__(self, colors=3, features=16):
        super().__init__()
        self.dwt = DWT()
        self.iwt = IWT()
        self.head = ConvBlock(colors, features)
        self.down1 = ConvBlock(features * 4, features * 4)
        self.down2 = ConvBlock(features * 16, features * 16)
        self.up2 = ConvBlock(features * 16, features * 16)
        self.up1 = ConvBlock(features * 4, features * 4)
        self.tail = nn.Conv2d(features, colors, 3, padding=1)

    def forward(self, x):
        level0 = self.head(x)
        level1 = self.down1(self.dwt(level0))
        level2 = self.down2(self.dwt(level1))
        level1 = self.iwt(self.up2(level2)) + level1
        level0 = self.iwt(self.up1(level1)) + level0
        return self.tail(level0) + x


class WaveletClassifier(nn.Module):
    """Image quality from wavelet statistics; returns a dict, as evaluation scripts expect."""

    def __init__(self, colors=3, features=16, size=32, classes=5):
        super().__init__()
        self.dwt = DWT()
        self.stem = ConvBlock(colors * 4, features)
        self.gate = nn.Conv2d(features, 1, 1)
        self.fc = nn.Linear(features * (size // 2) ** 2, classes)

    def forward(self, x):
        y = self.stem(self.dwt(x))
        mask = (self.gate(y) > 0).type_as(y)
        y = (y * mask).type_as(y)
        logits = self.fc(y.view(y.size(0), -1))
        return {"logits": logits, "mask": mask}
