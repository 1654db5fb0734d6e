"""Colour profiles of our own, as cameras, phones and editors put them into pictures."""

import struct

RED_XYZ, GREEN_XYZ, BLUE_XYZ = (
    (0.436, 0.2225, 0.0139),
    (0.3851, 0.7169, 0.0971),
    (0.1431, 0.0606, 0.7141),
)


def profile(*primaries: tuple[float, float, float], name: bytes = b"wide") -> bytes:
    """An ICC profile of these red, green and blue (XYZ at D50), with a gamma of 2.2."""

    def xyz(value: tuple[float, float, float]) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(v * 65536)) for v in value)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    about = b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(1)
    about += bytes(4 + 4 + 2 + 1 + 67)
    white = (0.9642, 1.0, 0.8249)
    tags = {b"desc": about + bytes(-len(about) % 4), b"wtpt": xyz(white)}
    tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, primaries), strict=True))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content
    head = struct.pack(">I4sI", 132 + 12 * len(tags) + len(body), bytes(4), 0x02100000)
    head += b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += b"".join(struct.pack(">i", round(v * 65536)) for v in white)
    return head.ljust(128, b"\0") + table + body
