"""Who may accept what was mended (验收): neither the unit, nor who answers for it, nor the commission's own officers."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from portal.domain.values import fold
from portal.services.board.county import County
from portal.services.supervision.lineage import absorbed
from portal.store.tables import Account, Matter, Rectification, UnitAlias


def not_third(
    county: County, entry: Rectification, matter: Matter | None, said: Mapping[str, str]
) -> dict[str, str]:
    """Return by field why whoever looked is no third party; units that were merged into this one are the unit too."""
    units = [entry.unit, *absorbed(county, entry.unit)]
    numbers = [one.id for one in units]
    aliases = county.session.scalars(select(UnitAlias.name).where(UnitAlias.unit_id.in_(numbers)))
    full = [_plain(one) for one in (*(each.name for each in units), *aliases) if one]
    names = {*full, *(_plain(one.short or "") for one in units)} - {""}
    own = county.session.scalars(select(Account.name).where(Account.unit_id.in_(numbers)))
    concerned = {_plain(one) for one in (entry.leader, entry.person, *own) if one}
    officers = {
        _plain(one) for one in (county.name_of_actor, matter.owner if matter else "", entry.created_by) if one
    }
    errors: dict[str, str] = {}
    name, body = _plain(said["name"]), _plain(said["body"])
    # The whole name anywhere is the unit, its party group or an office within it; the short one may be a superior's.
    if name in names | concerned or any(one in name for one in full):
        errors["name"] = "验收人不能是整改单位或者它的责任领导、责任人和工作人员。请由第三方验收。"
    elif name in officers:
        errors["name"] = "验收人不能是承办这件事项的人。请由第三方验收。"
    if any(body.startswith(one) for one in names) or any(one in body for one in full):
        errors["body"] = "验收单位不能是整改单位自己。请由第三方验收。"
    elif body in concerned | officers:
        errors["body"] = "验收单位不能填责任人或者承办人。请由第三方验收。"
    return errors


def _plain(text: str) -> str:
    return "".join(fold(text).split())
