"""`./run bench growth`: the same sending to more and more people, and its picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from .fanout import Fanout, Say, on_stage

WIDTH, HEIGHT, EDGE = 640, 360, 56
SERIES = (("Fairway", "rate", "#0b5d6b"), ("smtp-source", "wire_rate", "#7a7a7a"))


def bench(sizes: Sequence[int], rounds: int, say: Say) -> list[dict[str, Any]]:
    """One row of figures a size, all on one stage."""

    def run(on: Fanout) -> list[dict[str, Any]]:
        on.warm_up()
        return [{"recipients": size} | on.large(size, rounds, code=f"g{number}") for number, size in enumerate(sizes)]

    return on_stage(run, say)


def goals(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """How the cost grows; each only if its sizes were run."""
    of = {row["recipients"]: row for row in rows}
    wanted = {
        "seconds_100k_to_10k": ("seconds", 100_000, 10_000),
        "pss_100k_to_10k": ("pss_mb", 100_000, 10_000),
        "first_mail_100k_to_1k": ("first_mail_s", 100_000, 1_000),
    }
    return {
        name: round(of[large][key] / of[small][key], 2)
        for name, (key, large, small) in wanted.items()
        if large in of and small in of
    }


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """Seconds from the approver's click to the last acceptance, both axes logarithmic."""
    sizes = [row["recipients"] for row in rows]
    seconds = {key: [row["recipients"] / row[key] for row in rows] for _name, key, _colour in SERIES}
    top = max(max(values) for values in seconds.values()) * 1.5
    low = min(min(values) for values in seconds.values()) / 1.5

    def x(size: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * _share(size, sizes[0], sizes[-1])

    def y(value: float) -> float:
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * _share(value, low, top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="13" role="img" aria-label="Seconds until the last mail is accepted, by recipients">',
        f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="#444"/>',
        f'<text x="{EDGE}" y="{EDGE - 16}">seconds until the last mail is accepted</text>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 12}" text-anchor="end">recipients</text>',
    ]
    parts += [
        f'<text x="{x(size):.0f}" y="{HEIGHT - EDGE + 18}" text-anchor="middle">{size:,}</text>' for size in sizes
    ]
    for name, key, colour in SERIES:
        points = [(x(size), y(value)) for size, value in zip(sizes, seconds[key], strict=True)]
        line = " ".join(f"{left:.1f},{down:.1f}" for left, down in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for (left, down), value in zip(points, seconds[key], strict=True):
            parts.append(f'<circle cx="{left:.1f}" cy="{down:.1f}" r="3" fill="{colour}"/>')
            if key == "rate":
                parts.append(f'<text x="{left - 6:.0f}" y="{down - 8:.0f}" text-anchor="end">{value:.3g} s</text>')
        left, down = points[-1]
        parts.append(f'<text x="{left + 6:.0f}" y="{down + 4:.0f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _share(value: float, low: float, top: float) -> float:
    return math.log(value / low) / math.log(top / low)
