"""示例数据: a plainly fictional year and a half of six jurisdictions, expanded from `content/demo/*.toml`.

Everything follows from those files by arithmetic: no randomness, no clock. The same files
give the same records, word for word.
"""

from portal.demo.loading import load_demo
from portal.demo.models import DemoRecord, DemoUnit, DemoWithdrawal, Publication
from portal.demo.records import demo_records, demo_units

__all__ = [
    "DemoRecord",
    "DemoUnit",
    "DemoWithdrawal",
    "Publication",
    "demo_records",
    "demo_units",
    "load_demo",
]
