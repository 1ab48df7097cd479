"""Colors: what can be a CSS colour. Only a browser knows for certain; what cannot be one in any is refused here."""

from __future__ import annotations

import re
from typing import Any, Final

from ..errors import UsageError, WrongType, did_you_mean, shown

_NAMED: Final = """
aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood
cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod
darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon
darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray
dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green
greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon
lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon
lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta
maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen
mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive
olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru
pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen
seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato
turquoise violet wheat white whitesmoke yellow yellowgreen transparent currentcolor accentcolor accentcolortext
activetext buttonborder buttonface buttontext canvas canvastext field fieldtext graytext highlight highlighttext
linktext mark marktext selecteditem selecteditemtext visitedtext
"""

NAMES: Final = frozenset(_NAMED.split())
"""The named and system colours of CSS Color 4, in lower case."""

_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_FUNCTION = re.compile(
    r"(rgba?|hsla?|hwb|(ok)?lab|(ok)?lch|color|color-mix|light-dark|contrast-color|device-cmyk|var)\([^;{}]+\)",
    re.IGNORECASE,
)


def checked_color(color: Any) -> str:
    """Return a CSS colour, without blanks around it.

    Raises:
        WrongType: for what is no text.
        UsageError: for what no browser takes for one.
    """
    if not isinstance(color, str):
        raise WrongType(
            f"{shown(color)} is no colour: pass a CSS colour such as '#2563eb', 'teal' or 'rgb(37 99 235)'"
        )
    plain = color.strip()
    if _HEX.fullmatch(plain) or _FUNCTION.fullmatch(plain) or plain.lower() in NAMES:
        return plain
    hint = (
        did_you_mean(plain.lower(), sorted(NAMES))
        or "; pass one such as '#2563eb', 'teal' or 'rgb(37 99 235)'"
    )
    raise UsageError(f"{color!r} is no CSS colour{hint}")
