"""What the distances of one search mean in its library, learned on a background thread; no Qt."""

from collections.abc import Generator
from dataclasses import dataclass

from engine.calibration import Background, MatchRate, folder_match_rates, learn_background
from engine.gallery import Gallery
from engine.metric import Metric
from engine.results import Ranking
from gui.session_state import Query

# With fewer photos the far half of the background is too small a sample to call anything "nothing similar".
FEWEST_PHOTOS = 50

# The headline says so only where chance alone would bring ten such photos. Among 1,000 photos of people with the
# default model, this is so for 2.6 % of the photos themselves (one by chance: for 21 %, whose best hits are right in 42
# of 100 cases), and for 25 of the 27 pictures that come with scikit-image; the others show bicycles' next of kin.
CHANCE_MATCHES = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """How rare each distance is, and how often photos at that distance lie in one folder (empty without folders)."""

    background: Background
    rates: tuple[MatchRate, ...]

    def rate(self, distance: float) -> MatchRate | None:
        """What was counted around a distance; None beyond all pairs that were looked at."""
        return next((rate for rate in self.rates if distance <= rate.farthest), None)

    def nothing_similar(self, ranking: Ranking, candidates: int) -> bool:
        """Whether even the best of `candidates` photos is no nearer than chance would bring several of them."""
        if not len(ranking) or self.background.photos < FEWEST_PHOTOS:
            return False
        return self.background.nothing_similar(float(ranking.distances[0]), candidates, CHANCE_MATCHES)


def learn(gallery: Gallery, metric: Metric) -> Generator[None, None, Meaning | None]:
    """The meaning of distances in a gallery; None with fewer than two photos. Yields where it can be stopped."""
    background = learn_background(gallery, metric)
    yield None
    if background is None:
        return None
    return Meaning(background, tuple(folder_match_rates(gallery, metric)))


def can_be_judged(query: Query) -> bool:
    """Whether the distances to a query are like those between two photos: a mean of several lies nearer to all."""
    return len(query.parts) == 1 and query.parts[0].sign > 0
