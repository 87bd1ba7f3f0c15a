"""The listings that the users of a run know."""

import random
from dataclasses import dataclass, field

MAX_LISTINGS = 40
MAX_PERFORMANCES = 12


@dataclass
class Listing:
    id: str
    seller: str
    price: int
    quantity: int
    split_rule: str = "any"
    # The names of the seats, in their order; empty if the tickets have no seats.
    seats: list[str] = field(default_factory=list)


@dataclass
class Market:
    rng: random.Random
    # The other build of a mixed run may not know split rules and seats.
    has_split_rules: bool = True
    # The newest come last.
    listings: list[Listing] = field(default_factory=list)
    # Ids of scheduled performances; the newest come last.
    performances: list[str] = field(default_factory=list)

    def add(self, listing: Listing) -> None:
        self.listings.append(listing)
        del self.listings[:-MAX_LISTINGS]

    def add_performance(self, id: str) -> None:
        self.performances.append(id)
        del self.performances[:-MAX_PERFORMANCES]

    def remove_performance(self, id: str) -> None:
        self.performances = [known for known in self.performances if known != id]

    def remove(self, id: str) -> None:
        self.listings = [listing for listing in self.listings if listing.id != id]

    def pick(self) -> Listing | None:
        """A random listing. Two times out of three, it is one of the newest four, so that buyers compete for them."""
        if not self.listings:
            return None
        if self.rng.random() < 0.66:
            return self.rng.choice(self.listings[-4:])
        return self.rng.choice(self.listings)
