"""What the database keeps. Plain SQLAlchemy; nothing here knows of Flask."""

from portal.store.tables.accounts import (
    Account,
    AccountRole,
    LinkToken,
    LoginSession,
    Passkey,
    RecoveryCode,
    SignIn,
)
from portal.store.tables.base import Base, Instant
from portal.store.tables.desk import Attachment, Draft, DraftCopy, Mail, Member, Step, Upload
from portal.store.tables.published import (
    Destruction,
    Exemption,
    Extension,
    Jurisdiction,
    Outbox,
    Record,
    Unit,
    UnitAlias,
    Version,
    Withdrawal,
)

__all__ = [
    "Account",
    "AccountRole",
    "Attachment",
    "Base",
    "Destruction",
    "Draft",
    "DraftCopy",
    "Exemption",
    "Extension",
    "Instant",
    "Jurisdiction",
    "LinkToken",
    "LoginSession",
    "Mail",
    "Member",
    "Outbox",
    "Passkey",
    "Record",
    "RecoveryCode",
    "SignIn",
    "Step",
    "Unit",
    "UnitAlias",
    "Upload",
    "Version",
    "Withdrawal",
]
