"""The ratios against the promises, as a picture (SVG)."""

import math
from html import escape

from benchmarks.promises import Promise
from benchmarks.rounds import Rounds

WIDTH, ROW, LEFT, TOP = 900, 34, 340, 64
RIGHT = WIDTH - 130
# How much of a promise is used up, from an eighth of it to eight times; the scale is logarithmic.
LEAST, MOST = 1 / 8, 8
LEGEND = "Dot: median of the rounds. Bar: least to greatest. Diamond: the goal beyond the promise. Less is better."
KEPT, BROKEN, QUIET = "#2f7d5b", "#b3402a", "#8a8f98"


def svg(found: Rounds) -> str:
    promised = found.promised()
    bottom = TOP + ROW * len(promised)
    height = bottom + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="16" y="24" font-size="16" font-weight="600">How much of each promise is used up</text>',
        f'<text x="16" y="44" fill="{QUIET}">{LEGEND}</text>',
    ]
    for share in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8):
        x = _x(share)
        bound = share == 1
        colour, width = ("#1f2328", 2) if bound else ("#e1e4e8", 1)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}" stroke-width="{width}"/>')
        label = "promised" if bound else f"{share:g} ×"
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle" fill="{"#1f2328" if bound else QUIET}">{label}</text>'
        )
    for index, promise in enumerate(promised):
        parts += _row(found, promise, TOP + ROW * index + ROW / 2)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(found: Rounds, promise: Promise, y: float) -> list[str]:
    measured = found.measured(promise)
    ends = [_x(promise.share(ratio, promise.bound)) for ratio in (measured.min, measured.max)]
    share = promise.share(measured.median, promise.bound)
    x, beyond = _x(share), _x(promise.share(promise.beyond, promise.bound))
    colour = KEPT if share <= 1 else BROKEN
    clients = f"{promise.clients} client{'s' * (promise.clients > 1)}"
    digits = 3 if promise.at_least else 1
    verdict = f"{measured.median:.{digits}f} ({'≥' if promise.at_least else '≤'} {promise.bound:g})"
    return [
        f'<text x="16" y="{y + 4:.1f}"><tspan font-weight="600">{escape(promise.name)}</tspan> {escape(promise.case)}, {clients}</text>',
        f'<path d="M{beyond:.1f} {y - 5:.1f} l5 5 -5 5 -5 -5 z" fill="none" stroke="{QUIET}"/>',
        f'<line x1="{min(ends):.1f}" y1="{y:.1f}" x2="{max(ends):.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="5" stroke-opacity="0.4"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
        f'<text x="{RIGHT + 12}" y="{y + 4:.1f}" fill="{colour}">{verdict}</text>',
    ]


def _x(share: float) -> float:
    """Where a share stands; what is off the scale stands at its end."""
    position = math.log(min(max(share, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + position * (RIGHT - LEFT)
