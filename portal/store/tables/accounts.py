"""Who may sign in to the office, and the traces of it. Secrets are kept as digests or sealed, never in the clear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.store.tables.base import Base
from portal.store.tables.published import Jurisdiction, Unit


class Account(Base):
    """One person's account. It belongs to one unit for good, or (without one) to the jurisdiction's commission."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)  # Folded: width and case do not tell apart.
    name: Mapped[str]
    email: Mapped[str | None]
    password_hash: Mapped[str | None]  # Argon2id; None until the invitation is taken up.
    password_changed_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None]  # Sealed by the instance's key.
    totp_step: Mapped[int | None]  # The last time step used: no code works twice.
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    jurisdiction: Mapped[Jurisdiction] = relationship()
    unit: Mapped[Unit | None] = relationship()
    roles: Mapped[list[AccountRole]] = relationship(
        back_populates="account", cascade="all, delete-orphan", order_by="AccountRole.role"
    )


class AccountRole(Base):
    """A role that an account has; see `portal.domain.roles.Role`."""

    __tablename__ = "account_role"
    __table_args__ = (UniqueConstraint("account_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]

    account: Mapped[Account] = relationship(back_populates="roles")


class Passkey(Base):
    """通行密钥: one WebAuthn credential."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """备用码: stands in once for a lost second factor."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class LinkToken(Base):
    """A link that works once: an invitation or a password reset. Only its digest is kept."""

    __tablename__ = "link_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))  # invitation, reset
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginSession(Base):
    """One signed-in browser. Ends on sign-out, by time, and when password, roles or state of the account change."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    stage: Mapped[str] = mapped_column(String(10))  # password: the second factor is still owed; full.
    challenge: Mapped[bytes | None]  # Of a passkey ceremony under way.
    address: Mapped[str]
    agent: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(20))


class SignIn(Base):
    """登录记录: one try to sign in, shown to the person whose account it was. Never updated, never deleted."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_account_id_at", "account_id", "at"),
        Index("ix_sign_in_address_at", "address", "at"),
        Index("ix_sign_in_subject_at", "subject", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    subject: Mapped[str | None] = mapped_column(
        String(64)
    )  # Keyed digest of the login as typed, known or not.
    outcome: Mapped[str] = mapped_column(String(20))
    address: Mapped[str]
    agent: Mapped[str]
    at: Mapped[datetime]
