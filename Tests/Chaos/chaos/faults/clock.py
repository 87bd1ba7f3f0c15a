"""Clock jumps of one process."""

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed


def set_clock(context: FaultContext, name: str, offset_seconds: int) -> None:
    # libfaketime reads the file once a second.
    path = context.system.clocks[name]
    replacement = path.with_suffix(".new")
    replacement.write_text(f"{offset_seconds:+d}\n")
    replacement.replace(path)


@fault("clock_jump", "clock", 1)
async def clock_jump(context: FaultContext) -> None:
    if not context.system.clocks:
        raise FaultMissed
    rng = context.rng
    name = rng.choice(sorted(context.system.clocks))
    sign = rng.choice([-1, 1])
    offset = sign * rng.choice([20, 90, 600, 3600, 3 * 3600])
    async with context.recorded("clock_jump", name, offsetSeconds=offset):
        set_clock(context, name, offset)
        try:
            await context.pause(3, 10)
        finally:
            set_clock(context, name, 0)


def heal(context: FaultContext) -> None:
    for name in context.system.clocks:
        set_clock(context, name, 0)
