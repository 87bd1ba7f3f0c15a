"""A machine's clock jumps."""

import asyncio

from chaos.faults.catalogue import fault
from chaos.faults.stage import Missed, Stage


def set_clock(stage: Stage, name: str, offset_seconds: int) -> None:
    # Read anew by the library once a second.
    path = stage.system.clocks[name]
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{offset_seconds:+d}\n")
    fresh.replace(path)


@fault("clock_jump", "clock", 1)
async def clock_jump(stage: Stage) -> None:
    if not stage.system.clocks:
        raise Missed
    name = stage.chance.choice(sorted(stage.system.clocks))
    sign = stage.chance.choice([-1, 1])
    offset = sign * stage.chance.choice([20, 90, 600, 3600, 3 * 3600])
    async with stage.recorded("clock_jump", name, offsetSeconds=offset):
        set_clock(stage, name, offset)
        try:
            await asyncio.sleep(stage.some(3, 10))
        finally:
            set_clock(stage, name, 0)


def all_right(stage: Stage) -> None:
    for name in stage.system.clocks:
        set_clock(stage, name, 0)
