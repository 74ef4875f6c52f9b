"""Which rows a PostgreSQL session may see and write: the policies of row-level security, one fence per table.

The transaction's own setting `portal.unit` says for whom it works (see `portal.store.tenancy`): the number of
a unit, `all` (commands, the site), `gate` (who signs in is not known yet), and nothing at all otherwise. Without
the setting nothing is seen. The expressions are written as PostgreSQL itself prints them, apart from blanks,
parentheses and casts, so that a policy that was rewritten is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.store.tenancy import COUNTY, GATE, SETTING, SYSTEM

_WHO = f"( SELECT current_setting('{SETTING}', true))"
_ALL = f"{_WHO} = '{SYSTEM}'"
_AT_THE_GATE = f"{_WHO} = '{GATE}'"
_OWN = f"unit_id::text = {_WHO}"
_COUNTYS = f"('{COUNTY}' || jurisdiction_id::text) = {_WHO}"  # A row of the commission's jurisdiction.
_COMMISSION = f"starts_with({_WHO}, '{COUNTY}')"  # Of some commission: with a row that it can see anyway.
ACTS_FOR = "acts_for"  # The one question about rows out of sight: may this account act upon this unit?


@dataclass(frozen=True)
class Policy:
    """One policy: for which command, which rows are seen, which may be written."""

    name: str
    command: str
    sees: str
    writes: str | None

    def sql(self, table: str) -> str:
        """Return the statement that makes it."""
        check = f" WITH CHECK ({self.writes})" if self.writes is not None else ""
        return f"CREATE POLICY {self.name} ON {table} FOR {self.command} USING ({self.sees}){check}"


def _belongs(table: str, column: str, parent: str) -> str:
    """A row whose parent can be seen: the parent's own policy decides."""
    return f"(EXISTS ( SELECT 1 FROM {parent} WHERE ({parent}.id = {table}.{column})))"  # noqa: S608 - our own names.


def _may_belong(table: str, column: str, parent: str) -> str:
    return f"(({column} IS NULL) OR {_belongs(table, column, parent)})"


def _in_its_county(table: str) -> str:
    same = f"(unit.id = {table}.unit_id) AND (unit.jurisdiction_id = {table}.jurisdiction_id)"
    return f"(EXISTS ( SELECT 1 FROM unit WHERE ({same})))"  # noqa: S608 - likewise.


def _shared(sees: str, *checks: str, gate: bool = False) -> tuple[Policy, ...]:
    """A unit sees its rows and writes them, as long as what they point to is its own too."""
    open_to = f"({_ALL}) OR ({_AT_THE_GATE})" if gate else f"({_ALL})"
    writes = " AND ".join((f"({sees})", *checks))
    return (Policy("tenant", "ALL", f"{open_to} OR ({sees})", f"{open_to} OR ({writes})"),)


def _read(sees: str) -> tuple[Policy, ...]:
    """A unit sees its rows; only the commission's commands write them."""
    return (
        Policy("tenant", "SELECT", f"({_ALL}) OR {sees}", None),
        Policy("system", "ALL", _ALL, _ALL),
    )


def _county(command: str = "SELECT", sees: str = _COUNTYS) -> Policy:
    """The commission sees the rows of its jurisdiction, and writes them where it may."""
    return Policy("county", command, sees, sees if command == "ALL" else None)


def _commissions(*shared: Policy) -> tuple[Policy, ...]:
    """The commission's own table; units see what `shared` says, else nothing."""
    return (
        Policy("system", "ALL", f"({_ALL}) OR ({_COUNTYS})", f"({_ALL}) OR ({_COUNTYS})"),
        *shared,
    )


def _of_its_units(table: str) -> Policy:
    """The commission writes rows of its jurisdiction's units."""
    return _county("ALL", f"({_COMMISSION}) AND {_belongs(table, 'unit_id', 'unit')}")


def _told(condition: str, *checks: str, writes: bool = False) -> Policy:
    """A unit sees its rows of which it was told; where it `writes`, only such rows too."""
    sees = f"({_OWN}) AND ({condition})"
    if not writes:
        return Policy("tenant", "SELECT", sees, None)
    return Policy("tenant", "ALL", sees, " AND ".join((sees, *checks)))


def _no_commissions(sees: str) -> tuple[Policy, ...]:
    """A unit's like its parent; the commission, which sees the parent, neither sees nor writes it."""
    return _shared(f"(NOT {_COMMISSION}) AND {sees}")


def _looked_at(sees: str) -> tuple[Policy, ...]:
    """A unit's like its parent; the commission, which sees the parent, looks and never writes."""
    return (*_no_commissions(sees), _county(sees=f"({_COMMISSION}) AND {sees}"))


def _of_account(table: str) -> tuple[Policy, ...]:
    """No officer's session opens a door in somebody else's name: accounts are kept at the gate and by their unit."""
    return _no_commissions(_belongs(table, "account_id", "account"))


_DRAFT_PEOPLE = ("author_id", "submitted_by_id", "approved_by_id")

POLICIES: dict[str, tuple[Policy, ...]] = {
    **dict.fromkeys(
        (
            "board_unit",
            "board_cell",
            "board_conduct",
            "board_finding",
            "outcome",
            "own_record",
            "relation_filing",
            "relation_mark",
            "inspection",
            "inspection_item",
            "warning",
            "bulletin",
            "assessment",
            "audit",
        ),
        _commissions(),
    ),
    # Of what the commission does, a unit sees what it was told of.
    "matter": _commissions(_told("told_at IS NOT NULL", _in_its_county("matter"), writes=True)),
    "matter_item": _commissions(_told(_belongs("matter_item", "matter_id", "matter"))),
    "letter": _commissions(
        _told(
            "issued_at IS NOT NULL",
            _may_belong("letter", "matter_id", "matter"),
            _in_its_county("letter"),
            writes=True,
        )
    ),
    "rectification": _commissions(
        _told(
            "shared",
            _may_belong("rectification", "matter_id", "matter"),
            _in_its_county("rectification"),
            writes=True,
        )
    ),
    "supervision_step": _commissions(
        _told(
            "shared",
            _may_belong("supervision_step", "matter_id", "matter"),
            _may_belong("supervision_step", "letter_id", "letter"),
            _may_belong("supervision_step", "rectification_id", "rectification"),
            _in_its_county("supervision_step"),
            writes=True,
        )
    ),
    # What binds is everybody's to know.
    "regime_change": (Policy("tenant", "SELECT", "true", None), *_commissions()),
    "unit_event": _commissions(Policy("tenant", "SELECT", _OWN, None)),
    "jurisdiction": (Policy("tenant", "SELECT", "true", None), Policy("system", "ALL", _ALL, _ALL)),
    "unit": (*_read(f"({_AT_THE_GATE}) OR (id::text = {_WHO})"), _county("ALL")),
    "unit_alias": (*_read(f"({_OWN})"), _county("ALL")),
    "exemption": (*_read(f"({_OWN})"), _of_its_units("exemption")),
    "extension": (*_read(f"({_OWN})"), _of_its_units("extension")),
    "account": (*_shared(_OWN, _in_its_county("account"), gate=True), _county()),
    "account_role": _looked_at(_belongs("account_role", "account_id", "account")),
    "passkey": _of_account("passkey"),
    "recovery_code": _of_account("recovery_code"),
    "link_token": _of_account("link_token"),
    "login_session": _of_account("login_session"),
    # A try under a name that nobody has belongs to no account, and only the gate knows of it.
    "sign_in": (
        *_shared(
            f"((account_id IS NULL) AND ({_AT_THE_GATE}))"
            f" OR ((NOT {_COMMISSION}) AND {_belongs('sign_in', 'account_id', 'account')})"
        ),
        _county(sees=f"({_COMMISSION}) AND {_belongs('sign_in', 'account_id', 'account')}"),
    ),
    "record": (*_shared(_OWN, _in_its_county("record")), _county()),
    # What a unit has published the commission reads; it publishes and withdraws nothing in a unit's name.
    "version": _looked_at(_belongs("version", "record_id", "record")),
    "withdrawal": _looked_at(_belongs("withdrawal", "version_id", "version")),
    "destruction": _looked_at(_belongs("destruction", "version_id", "version")),
    "outbox": (
        *_shared(_OWN, _may_belong("outbox", "record_id", "record"), _in_its_county("outbox")),
        _county("ALL"),
    ),
    "draft": _shared(
        _OWN,
        _may_belong("draft", "record_id", "record"),
        *(_may_belong("draft", one, "account") for one in _DRAFT_PEOPLE),
    ),
    "draft_copy": _shared(_OWN, _may_belong("draft_copy", "account_id", "account")),
    "step": _shared(
        _OWN,
        _may_belong("step", "record_id", "record"),
        _may_belong("step", "version_id", "version"),
        # The commission acts upon a unit's accounts too; its own cannot be seen by the unit.
        f"((account_id IS NULL) OR {ACTS_FOR}(account_id, unit_id))",
    ),
    "upload": _shared(_OWN, _may_belong("upload", "account_id", "account")),
    "attachment": _shared(_OWN),
    "member": _shared(_OWN),
    # Letters to people who have forgotten their password are written before they are known.
    "mail": (*_shared(_OWN, gate=True), _of_its_units("mail")),
}
