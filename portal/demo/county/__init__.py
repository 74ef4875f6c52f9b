"""示例县: a synthetic county of any size, for measuring how the platform bears many units and many years.

Everything follows from the figures in `County` by arithmetic: the same figures give the same
documents, word for word. Names of units, people and companies are plainly fictional.
"""

from portal.demo.county.bodies import County, bodies
from portal.demo.county.loading import CountyRefused, Loaded, county_units, load_county
from portal.demo.county.records import county_records
from portal.demo.county.roster import MOST, roster
from portal.demo.county.touching import TOUCHER, touch_county

__all__ = [
    "MOST",
    "TOUCHER",
    "County",
    "CountyRefused",
    "Loaded",
    "bodies",
    "county_records",
    "county_units",
    "load_county",
    "roster",
    "touch_county",
]
