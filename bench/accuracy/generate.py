"""From a seed to a case: one kind of outage, its decoys, its shipped file and its truth."""
import random

import causes  # noqa: F401  registers the kinds
import decoys
from case import KINDS, Case, case_seed
from world import World


def generate(seed, half, index, server_format="mixed", kind=None):
    number = case_seed(seed, half, index)
    names = sorted(KINDS)
    name = kind or random.Random(f"kind {number}").choices(names, [KINDS[n].weight for n in names])[0]
    case = Case(number, name, server_format)
    world = World(case)
    decoys.mix(world, decoys.BEFORE)
    KINDS[name].build(world)
    decoys.mix(world, decoys.AFTER)
    world.settle()
    case.finish()
    return case
