"""Keys for a try-out: everything lies in one folder, under a passphrase that everybody knows. Never for real reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from portal.cli.key_files import receipt_key, routing_key
from portal.config import Settings
from portal.domain.reports.keylist import Holder, HolderRank
from portal.services.reports import keyring, next_lists
from portal.services.reports.age import recipient_of
from portal.services.reports.filing import public_of
from portal.services.reports.holders import appoint
from portal.services.reports.keylists import KeyLists, sign_list

PASSPHRASE = "sample-only-not-a-secret"  # noqa: S105 - printed: it protects nothing.
MARK = "（示例数据）"


@dataclass(frozen=True)
class _Sample:
    file: str
    name: str
    post: str
    rank: HolderRank


_OFFICERS = (
    _Sample("head.key", "示例甲", "主要负责人", HolderRank.HEAD),
    _Sample("officer.key", "示例乙", "信访室", HolderRank.OFFICER),
    _Sample("officer-2.key", "示例丙", "监督检查室", HolderRank.OFFICER),
    _Sample("superior.key", "示例上级", "上一级纪委监委", HolderRank.SUPERIOR),
)


@dataclass
class SampleKeys:
    """What was made: for which jurisdictions a list was published, and which file opens for whom."""

    folder: Path
    passphrase: str = PASSPHRASE
    published: list[str] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)  # Name and post → key file.

    def lines(self) -> list[str]:
        """Return what a person must know to try it, in Chinese; nothing where nothing was made."""
        if not self.published:
            return []
        told = [
            f"试用举报：示例密钥在 {self.folder}，口令都是 {self.passphrase}（示例数据，不能用于真实举报）："
        ]
        return told + [f"  {whose}：{file.name}" for whose, file in self.files.items()]


def make_sample_keys(
    settings: Settings,
    slugs: Iterable[str],
    *,
    commissions: Mapping[str, str],
    today: date,
    accounts: Mapping[str, Sequence[tuple[int, str]]] | None = None,
    reports: Session | None = None,
) -> SampleKeys:
    """Publish a sample key list for each jurisdiction that has no keys yet.

    `commissions` are the commissions' names by slug. `accounts` are (id, name) of office accounts by slug, in the order
    head, officer, second officer, officer of the superior commission: their holders' rows are entered in `reports`, which the caller commits. Officers'
    key files are the same for all jurisdictions. A jurisdiction whose root key is pinned is left as it is.
    """
    made = SampleKeys(settings.home / "sample_keys")
    lists = KeyLists(settings.key_lists_folder)
    wanted = [slug for slug in slugs if lists.root_of(slug) is None]
    if not wanted:
        return made
    # One file of all root keys: each file under a passphrase costs a second or more.
    roots = keyring.make_roots(_unused(made.folder / "root.key"), wanted, PASSPHRASE)
    recipients = {one.file: _recipient(made.folder / one.file, today) for one in _OFFICERS}
    for slug, root in roots.items():
        known = list((accounts or {}).get(slug, ())) if reports is not None else []
        draft = next_lists.first_draft(
            slug,
            commissions[slug] + MARK,
            routing_key=routing_key(settings, slug),
            receipt_key=receipt_key(settings, slug),
            own_names=next_lists.names_of_commission(commissions[slug]),
            today=today,
        )
        for place, sample in enumerate(_OFFICERS):
            account = known[place] if place < len(known) else None
            holder = _holder(sample, slug, account, reports)
            made.files[f"{holder.name}（{holder.post}）"] = made.folder / sample.file
            draft = next_lists.add_holder(draft, holder, recipients[sample.file], today=today)
        lists.pin(slug, public_of(root))
        raw = sign_list(next_lists.ready(draft, today=today), root)
        lists.publish(raw)
        made.published.append(slug)
    return made


def _holder(sample: _Sample, slug: str, account: tuple[int, str] | None, reports: Session | None) -> Holder:
    number, name = next_lists.new_id(), sample.name
    if account is not None and reports is not None:
        row = appoint(
            reports,
            jurisdiction=slug,
            account_id=account[0],
            name=account[1],
            rank=sample.rank.value,
            post=sample.post,
        )
        number, name = row.id, account[1]
    return Holder(id=number, name=name, post=sample.post, rank=sample.rank)


def _unused(file: Path) -> Path:
    """Return a path that is free: a later call adds jurisdictions, and never replaces a key."""
    tried, n = file, 1
    while tried.exists():
        n += 1
        tried = file.with_stem(f"{file.stem}-{n}")
    return tried


def _recipient(file: Path, today: date) -> str:
    """Return the public key of an officer's sample file, making the file where it is missing."""
    if file.exists():
        return recipient_of(keyring.read_officer_key(file.read_bytes(), PASSPHRASE))
    data, recipient = keyring.make_officer_key(PASSPHRASE, made_on=today)
    keyring.write_secret(file, data)
    return recipient
