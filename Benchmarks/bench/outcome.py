"""The result of a scenario."""

from dataclasses import dataclass, field


@dataclass
class Figure:
    """A line of the table: a value, and its ratio to a baseline if it has one."""

    scenario: str
    what: str
    value: float
    unit: str = ""
    ratio_to: str = ""
    ratio: float | None = None
    #: Both apply to the ratio if there is one, otherwise to the value.
    required: float | None = None
    target: float | None = None
    #: True if less is better.
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
    #: Further data, for the JSON.
    details: dict = field(default_factory=dict)
