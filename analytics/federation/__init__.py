"""Several districts' figures combined into a city's, without a single case leaving its district."""

from analytics.federation.city import City, combine
from analytics.federation.exchange import Exchange, make, read, written
from analytics.federation.shelf import Shelf

__all__ = ["City", "Exchange", "Shelf", "combine", "make", "read", "written"]
