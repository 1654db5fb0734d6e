"""pix2pix in plain PyTorch, to compare with: published networks and losses, two Adams, one loop.

Nothing of ours is in it but the sizes of the published networks, and it is given what PyTorch has
to be fast: `channels_last`, TF32, cuDNN's own choice of kernels, and `torch.compile` where asked.
"""

import contextlib
import time

import torch
from torch import nn
from torch.nn import functional

SIZE, JITTERED = 256, 286
# Steps that compile, choose kernels and allocate; and those between two looks at the clock, which
# wait for a card. On a processor each takes seconds, and is done when the call returns.
WARM_UP = {"cuda": 8, "cpu": 2}
AT_ONCE = {"cuda": 8, "cpu": 1}


def down(given: int, width: int, norm: bool = True) -> nn.Sequential:
    """Halve the sides: [B, given, H, W] to [B, width, H / 2, W / 2]."""
    layers = [nn.Conv2d(given, width, 4, stride=2, padding=1, bias=not norm)]
    layers += [nn.BatchNorm2d(width)] if norm else []
    return nn.Sequential(*layers, nn.LeakyReLU(0.2))


def up(given: int, width: int, dropout: bool = False) -> nn.Sequential:
    """Double the sides: [B, given, H, W] to [B, width, 2 H, 2 W]."""
    layers = [nn.ConvTranspose2d(given, width, 4, stride=2, padding=1, bias=False)]
    layers += [nn.BatchNorm2d(width)] + ([nn.Dropout(0.5)] if dropout else [])
    return nn.Sequential(*layers, nn.ReLU())


class Generator(nn.Module):
    """The U-Net of pix2pix for 256 px: [B, 3, 256, 256] in [-1, 1] to the same."""

    def __init__(self) -> None:
        super().__init__()
        widths = [3, 64, 128, 256, 512, 512, 512, 512, 512]
        self.downs = nn.ModuleList(
            down(given, width, norm=0 < place < 7)  # Of one pixel PyTorch takes no statistics.
            for place, (given, width) in enumerate(zip(widths, widths[1:], strict=False))
        )
        # What comes from below is joined by the encoder's own of that size, as wide.
        self.ups = nn.ModuleList(
            up(given, width, dropout=place < 3)
            for place, (given, width) in enumerate(
                [(512, 512), (1024, 512), (1024, 512), (1024, 512)]
                + [(1024, 256), (512, 128), (256, 64)]
            )
        )
        self.last = nn.ConvTranspose2d(128, 3, 4, stride=2, padding=1)

    def forward(self, x):
        kept = []
        for layer in self.downs:
            x = layer(x)
            kept.append(x)
        for layer, beside in zip(self.ups, reversed(kept[:-1]), strict=True):
            x = torch.cat([layer(x), beside], dim=1)
        return torch.tanh(self.last(x))


def discriminator() -> nn.Sequential:
    """The PatchGAN of 70 px: sketch and photo [B, 6, 256, 256] to logits [B, 1, 30, 30]."""
    return nn.Sequential(
        down(6, 64, norm=False),
        down(64, 128),
        down(128, 256),
        nn.Conv2d(256, 512, 4, padding=1, bias=False),
        nn.BatchNorm2d(512),
        nn.LeakyReLU(0.2),
        nn.Conv2d(512, 1, 4, padding=1),
    )


def jitter(sketch, photo):
    """Enlarge a batch to 286 px, cut 256 px out of it, and mirror it or not; all alike."""
    both = functional.interpolate(torch.cat([sketch, photo], dim=1), size=(JITTERED, JITTERED))
    top, left = torch.randint(0, JITTERED - SIZE + 1, (2,)).tolist()
    both = both[:, :, top : top + SIZE, left : left + SIZE]
    if torch.rand(()) < 0.5:
        both = both.flip(3)
    return both[:, :3], both[:, 3:]


class Training:
    """Both networks and their Adams on a device, and the step that trains them."""

    def __init__(self, device: str, bfloat16: bool, compiled: bool):
        self.device, self.bfloat16 = device, bfloat16
        self.generator = Generator().to(device, memory_format=torch.channels_last)
        self.discriminator = discriminator().to(device, memory_format=torch.channels_last)
        self.adams = [
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        ]
        # The compiled ones share their weights with those above.
        self.draw = torch.compile(self.generator) if compiled else self.generator
        self.judge = torch.compile(self.discriminator) if compiled else self.discriminator

    def precision(self) -> contextlib.AbstractContextManager:
        return torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bfloat16)

    def step(self, sketch, photo) -> None:
        """Train both players on uint8 [B, 3, 256, 256] of the processor's memory."""
        sketch, photo = (
            x.to(self.device, non_blocking=True).float().div(127.5).sub(1) for x in (sketch, photo)
        )
        sketch, photo = (
            x.contiguous(memory_format=torch.channels_last) for x in jitter(sketch, photo)
        )
        bce = functional.binary_cross_entropy_with_logits

        self.discriminator.requires_grad_(True)
        with self.precision():
            drawn = self.draw(sketch)
            real = self.judge(torch.cat([sketch, photo], dim=1)).float()
            fake = self.judge(torch.cat([sketch, drawn.detach().float()], dim=1)).float()
        loss = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
        self.descend(1, loss)

        self.discriminator.requires_grad_(False)
        with self.precision():
            fake = self.judge(torch.cat([sketch, drawn.float()], dim=1)).float()
        distance = functional.l1_loss(drawn.float(), photo)
        self.descend(0, bce(fake, torch.ones_like(fake)) + 100.0 * distance)

    def descend(self, player: int, loss) -> None:
        self.adams[player].zero_grad(set_to_none=True)
        loss.backward()
        self.adams[player].step()


def measure(
    batch: int, bfloat16: bool, seconds: float, *, compiled: bool
) -> tuple[float, int | None]:
    """Images/s, and the most bytes that were taken of a GPU's memory (None on a processor)."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = True
    training = Training(device, bfloat16, compiled)
    shape = (2, batch, 3, SIZE, SIZE)
    pair = torch.randint(0, 256, shape, dtype=torch.uint8)
    pair = pair.pin_memory() if device == "cuda" else pair

    def wait() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    for _ in range(WARM_UP[device]):
        training.step(*pair)
    wait()
    steps, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds or not steps:
        for _ in range(AT_ONCE[device]):
            training.step(*pair)
        wait()
        steps += AT_ONCE[device]
    memory = torch.cuda.max_memory_allocated() if device == "cuda" else None
    return steps * batch / spent, memory
