"""The office's own keys, by which it learns for whom a report was sealed. They open nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from portal.services.reports.keyring import WrongKeyFile, read_routing_key

_log = logging.getLogger(__name__)


def routing_keys(folder: Path) -> Callable[[str], Sequence[str]]:
    """Return what gives a jurisdiction's identities: of `<slug>.key`, and of earlier keys put aside as `<slug>.<n>.key`.

    They are read anew each time: a new key needs no restart. A file that is damaged or open to others counts as
    missing; whose routing cannot be read for want of a key is shown to nobody.
    """

    def read(slug: str) -> Sequence[str]:
        found = []
        for name in (slug, *sorted((file.stem for file in folder.glob(f"{slug}.*.key")), reverse=True)):
            try:
                found.append(read_routing_key(folder, name))
            except (WrongKeyFile, OSError) as why:
                if (folder / f"{name}.key").exists():
                    _log.warning("接收名单密钥 %s 不能使用：%s", name, why)
        return found

    return read
