"""What a scenario has to say."""

from dataclasses import dataclass, field


@dataclass
class Figure:
    """A line of the table. A figure is quoted as a ratio where the target is one, and then says to what."""

    scenario: str
    what: str
    value: float
    unit: str = ""
    ratio_to: str = ""
    ratio: float | None = None
    at_least: float | None = None
    aim: float | None = None
    #: Whether less is better.
    is_limit: bool = False

    @property
    def compared(self) -> float:
        return self.value if self.ratio is None else self.ratio

    @property
    def key(self) -> tuple[str, str]:
        return (self.scenario, self.what)


@dataclass
class Outcome:
    figures: list[Figure] = field(default_factory=list)
    #: More, for the JSON.
    details: dict = field(default_factory=dict)
