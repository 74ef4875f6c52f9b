"""The changes of the next key list, kept between commands in `PORTAL_HOME/key_drafts`."""

from __future__ import annotations

from pathlib import Path

from portal.cli.telling import say
from portal.config import Settings
from portal.services.reports import next_lists
from portal.services.reports.keylists import KeyLists
from portal.services.reports.next_lists import Draft, NotPossible


def draft_file(settings: Settings, slug: str) -> Path:
    """Return where the changes of the next list wait."""
    return settings.home / "key_drafts" / f"{slug}.json"


def load_draft(settings: Settings, slug: str) -> Draft:
    """Return the changes that wait, on top of the list published last."""
    lists = KeyLists(settings.key_lists_folder)
    if lists.root_of(slug) is None:
        raise NotPossible(f"县区“{slug}”还没有建立密钥。请先运行 portal keys init -j {slug}。")
    current = lists.current(slug)
    path = draft_file(settings, slug)
    if not path.is_file():
        if current is None:
            raise NotPossible("草稿文件遗失，也没有公布过清单。请把密钥文件移开后重新运行 portal keys init。")
        return next_lists.following(current.list)
    draft = next_lists.read_draft(path.read_text("utf-8"))
    expected = current.list.serial + 1 if current else 1
    if draft.list.serial != expected or draft.list.jurisdiction != slug:
        raise NotPossible(
            f"草稿是第 {draft.list.serial} 号，但下一份应是第 {expected} 号：草稿之后已公布过清单。"
            f"请删除 {path}，在最新一份的基础上重新修改。"
        )
    return draft


def save_draft(settings: Settings, draft: Draft) -> None:
    """Keep a draft, whole or not at all."""
    path = draft_file(settings, draft.list.jurisdiction)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(draft.text(), "utf-8")
    aside.replace(path)


def tell_waiting(settings: Settings, slug: str) -> None:
    """Say what waits to be published."""
    draft = load_draft(settings, slug)
    say(f"待公布的第 {draft.list.serial} 号清单：{'；'.join(draft.changes)}。")
    say(f"公布：portal keys publish -j {slug} --root-key 根密钥文件（或先 portal keys draft，离线签名）。")
