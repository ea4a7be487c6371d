"""Models that verify loads by file; each stands for one way to end."""

import time

import torch
from torch import nn


class Shifted(nn.Module):
    """Converts; its indexed write becomes a Scatter layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        y = self.conv(x)
        out = torch.zeros_like(y)
        out[:, :, 0::2] = y[:, :, 1::2]  # the write
        return {"second": out.relu(), "first": (y, None, [y.mean()])}


class Divisor(nn.Module):
    """The dynamo exporter drops divisor_override without a word."""

    def forward(self, x):
        y = x + 1
        return nn.functional.avg_pool2d(y, 2, divisor_override=3)


class Branch(nn.Module):
    def forward(self, x):
        y = x * 2
        if y.sum() > 0:
            return y
        return -y


class Kth(nn.Module):
    def forward(self, x):
        y = x * 2
        return torch.kthvalue(y, 2)[0]


class Det(nn.Module):
    def forward(self, x):
        y = x * 2
        return torch.linalg.det(y)


class ScatterAdd(nn.Module):
    def forward(self, x):
        index = torch.zeros(2, 3, dtype=torch.int64)
        return torch.zeros(2, 3).scatter_add(1, index, x)


class Sorted(nn.Module):
    """The parser takes it, the builder does not: more than 3840 elements."""

    def forward(self, x):
        y = x * 2
        return torch.topk(y, 4000)[0]


class Fp8(nn.Module):
    def forward(self, x):
        y = x.relu()
        return y.to(torch.float8_e4m3fn).to(torch.float32)


class WindowReverse(nn.Module):
    """Swin's: the batch is computed through a float, and becomes a constant."""

    def forward(self, w):
        batch = int(w.shape[0] / (8 * 8 / 4 / 4))
        return w.view(batch, 2, 2, 4, 4, -1).permute(0, 1, 3, 2, 4, 5).reshape(batch, 8, 8, -1)


class Chosen(nn.Module):
    """A branch on the GPU."""

    def forward(self, x):
        y = torch.cond(x.sum() > 0, lambda x: x * 2 + 1, lambda x: x - 1, (x,))
        return y + 3


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand(2, 3)


class NoTensor(nn.Module):
    def forward(self, x):
        return None


class Crash(nn.Module):
    """The dynamo exporter ends with SIGSEGV."""

    def forward(self, x):
        return x.data * 2


class Endless(nn.Module):
    def forward(self, x):
        while True:
            time.sleep(0.01)


class Wrong(nn.Module):
    def forward(self, x):
        return x.view(7)


class Needy(nn.Module):
    def __init__(self, width, depth=1):
        super().__init__()


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, width)  # noqa: F821


class Matrix(nn.Module):
    def forward(self, left, right):
        return left @ right.T


def make_divisor():
    return Divisor()


INSTANCE = Divisor()
NUMBER = 3
EXAMPLE = (torch.arange(6, dtype=torch.float32).reshape(2, 3),)
