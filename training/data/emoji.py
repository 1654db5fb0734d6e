"""Which emoji show a thing that somebody would draw, and are open source: no letters or signs."""

# Code points (Unicode 15.1) of signs: keycaps and letters, arrows, buttons, plain shapes, zodiac,
# notices, and clocks at all hours but one.
_SIGNS = (
    *((0x00, 0xFF), (0x2030, 0x2319), (0x23CF, 0x23EF), (0x23F8, 0x25FF), (0x2611, 0x2611)),
    *((0x2622, 0x2638), (0x2640, 0x2653), (0x2668, 0x267F), (0x2695, 0x2695), (0x269B, 0x26AB)),
    *((0x26CE, 0x26CE), (0x26D4, 0x26D4), (0x2705, 0x2705), (0x2714, 0x2721), (0x2733, 0x2734)),
    *((0x2747, 0x2757), (0x2795, 0x2B1C), (0x2B55, 0x3299), (0x1F004, 0x1F251), (0x1F3E7, 0x1F3E7)),
    *((0x1F4A0, 0x1F4A0), (0x1F4A2, 0x1F4A2), (0x1F4A4, 0x1F4A4), (0x1F4AE, 0x1F4AF)),
    *((0x1F4B1, 0x1F4B2), (0x1F4B9, 0x1F4B9), (0x1F4F2, 0x1F4F6), (0x1F500, 0x1F506)),
    *((0x1F518, 0x1F524), (0x1F52F, 0x1F530), (0x1F532, 0x1F549), (0x1F54E, 0x1F54E)),
    *((0x1F551, 0x1F567), (0x1F6AB, 0x1F6AB), (0x1F6AD, 0x1F6B1), (0x1F6B3, 0x1F6B3)),
    *((0x1F6B7, 0x1F6BC), (0x1F6BE, 0x1F6BE), (0x1F6C2, 0x1F6C5), (0x1F6D0, 0x1F6D1)),
    *((0x1F6D7, 0x1F6DC), (0x1F7E0, 0x1F7F0), (0x1F1E6, 0x1F1FF), (0x1F303, 0x1F303)),
)
_FLAGS = {0x1F3F3, 0x1F3F4, 0x1F38C}
_SKIN_TONES = {0x1F3FB, 0x1F3FC, 0x1F3FD, 0x1F3FE, 0x1F3FF}
# Of what Microsoft's page counts as trademarks, and not as open source, beside the flags: the
# paperclip, the video game, and the technologists.
_NOT_OPEN = {
    *((0x1F4CE,), (0x1F3AE,)),
    *((0x1F9D1, 0x1F4BB), (0x1F468, 0x1F4BB), (0x1F469, 0x1F4BB)),
}
_TOGETHER = {0x1F466, 0x1F467, 0x1F468, 0x1F469}  # Families, of which there are all combinations.
_WOMAN, _MAN, _JOINER, _PLAIN = 0x2640, 0x2642, 0x200D, 0xFE0F


def no_thing(name: str) -> bool:
    """Tell of an emoji, by its code points in hexadecimal with dashes, whether it is left out.

    So are those that another one shows as well: skin tones, and a person with the sign of man or
    woman. Professions that begin with a man or a woman (1f468-, 1f469-) stay beside the person of
    the same profession (1f9d1-): the model that ships was trained with them.
    """
    points = [int(part, 16) for part in name.split("-")]
    points = [point for point in points if point not in (_PLAIN, _JOINER)]
    first, rest = points[0], set(points[1:])
    if tuple(points) in _NOT_OPEN:
        return True
    if any(least <= first <= most for least, most in _SIGNS) or first in _FLAGS:
        return True
    if rest & (_SKIN_TONES | _TOGETHER):
        return True
    return bool(rest & {_WOMAN, _MAN})
