"""Intervals and calibration: Wilson's interval for a share, the bootstrap's for the rest."""
import math
import random

Z = 1.959964


def wilson(right, total):
    """(share, low, high) at 95 %, or None of nothing."""
    if not total:
        return None
    p, z2 = right / total, Z * Z
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return p, max(0.0, centre - half), min(1.0, centre + half)


def brier(pairs):
    return sum((confidence - right) ** 2 for confidence, right in pairs) / len(pairs)


def calibration_error(pairs, bins=10):
    """Expected calibration error over equal bins of confidence."""
    groups = {}
    for confidence, right in pairs:
        groups.setdefault(min(bins - 1, int(confidence * bins)), []).append((confidence, right))
    return sum(abs(sum(c for c, _ in g) - sum(r for _, r in g)) for g in groups.values()) / len(pairs)


def bootstrap(pairs, measure, rounds=400, seed=1):
    """(value, low, high) at 95 %."""
    if not pairs:
        return None
    draw = random.Random(seed)
    values = sorted(measure(draw.choices(pairs, k=len(pairs))) for _ in range(rounds))
    return measure(pairs), values[int(0.025 * rounds)], values[int(0.975 * rounds) - 1]
