"""What is on sale, as the people of a run know it."""

import random
from dataclasses import dataclass, field


@dataclass
class Offer:
    id: str
    seller: str
    price: int
    quantity: int


@dataclass
class Market:
    """The newest offers, a few of which everybody wants."""

    chance: random.Random
    offers: list[Offer] = field(default_factory=list)

    def add(self, offer: Offer) -> None:
        self.offers.append(offer)
        del self.offers[:-40]

    def drop(self, ticket: str) -> None:
        self.offers = [offer for offer in self.offers if offer.id != ticket]

    def pick(self) -> Offer | None:
        """Hot tickets are the last listed: two of three orders are for one of the newest four."""
        if not self.offers:
            return None
        if self.chance.random() < 0.66:
            return self.chance.choice(self.offers[-4:])
        return self.chance.choice(self.offers)
