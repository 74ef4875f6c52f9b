"""特定关系人报备 (J10, SUP-12): what a filing says, and how names and codes are made equal before they are marked."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date

from pydantic import BaseModel, ConfigDict

from portal.domain.documents.tender import Outcome, Tender
from portal.domain.values import Choice

FORMAT = "sunshine-portal/filing/v1"
_STEP = (
    4096  # Bytes: sealed filings have one of few lengths, so that a length tells nothing of what was filed.
)
_FORMS = re.compile(r"(?:有限责任公司|股份有限公司|有限公司|公司)$")
_MARKS = re.compile(r"[\s()\[\]{}<>〈〉《》【】〔〕“”\"'·•・,，.。、\-_/]")


class Party(Choice):
    """在项目中的身份."""

    WINNER = "winner", "成交供应商"
    LEAD = "lead", "成交供应商的项目负责人"
    LOSER = "loser", "未成交的投标人"
    LOSERS_LEAD = "losers_lead", "未成交投标人的项目负责人"

    @property
    def won(self) -> bool:
        """Tell whether the contract went there."""
        return self in (Party.WINNER, Party.LEAD)


class What(Choice):
    """标记种类."""

    PERSON = "person", "个人"
    COMPANY = "company", "企业"
    CODE = "code", "统一社会信用代码"
    CHECK = (
        "check",
        "密钥核验",
    )  # Marks nothing: tells whether the key is still the one by which the filing was marked.


class Person(BaseModel):
    """A related person."""

    model_config = ConfigDict(frozen=True)

    name: str
    relation: str = ""


class Company(BaseModel):
    """A company in which they do business."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    code: str = ""


class FilingContent(BaseModel):
    """What a filing says. It exists only while it is typed, sealed, or opened with the keeper's key."""

    model_config = ConfigDict(frozen=True)

    filer: str
    post: str = ""
    unit: str
    persons: tuple[Person, ...] = ()
    companies: tuple[Company, ...] = ()
    business: str = ""
    since: date | None = None
    until: date | None = None
    remark: str = ""

    def packed(self) -> bytes:
        """Return what is sealed: JSON, with blanks behind it up to the next of few lengths."""
        text = json.dumps(
            {"format": FORMAT, **self.model_dump(mode="json")}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        return text.ljust(-(-len(text) // _STEP) * _STEP)


def unpacked(data: bytes) -> FilingContent:
    """Return what was sealed; raise `ValueError` where it is no filing."""
    held = json.loads(data)
    if not isinstance(held, dict) or held.pop("format", None) != FORMAT:
        raise ValueError("这不是特定关系人报备。")
    return FilingContent.model_validate(held)


def fold_party(name: str) -> str:
    """Return a person's or company's name as it is marked: without width, case, blanks, brackets and company form.

    示例（河北）建设有限责任公司 and 示例河北建设有限公司 are one; a name that is only a form stays what it is.
    """
    folded = _MARKS.sub("", unicodedata.normalize("NFKC", name).lower())
    return _FORMS.sub("", folded) or folded


def fold_code(code: str) -> str:
    """Return a unified social credit code as it is marked."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", code)).upper()


def named(content: FilingContent) -> list[tuple[What, str]]:
    """Return what of a filing is marked, each once: its kind and the folded text."""
    found = [(What.PERSON, fold_party(one.name)) for one in content.persons]
    found += [(What.COMPANY, fold_party(one.name)) for one in content.companies]
    found += [(What.CODE, fold_code(one.code)) for one in content.companies]
    return [one for one in dict.fromkeys(found) if one[1]]


def parties(tender: Tender) -> list[tuple[Party, What, str]]:
    """Return whom a project names, folded and each once: who won, who led their bid, who bid in vain.

    Nobody where no supplier was determined.
    """
    award = tender.award
    if award is None:
        return []
    winner, found = fold_party(award.supplier), [(Party.WINNER, What.COMPANY, fold_party(award.supplier))]
    if award.uscc:
        found.append((Party.WINNER, What.CODE, fold_code(award.uscc)))
    for one in tender.bidders:
        name, code = fold_party(one.name), fold_code(one.uscc or "")
        same = name == winner or (bool(code) and code == fold_code(award.uscc or ""))
        won = same or one.outcome == Outcome.WON
        found.append((Party.WINNER if won else Party.LOSER, What.COMPANY, name))
        found.append((Party.WINNER if won else Party.LOSER, What.CODE, code))
        found.append((Party.LEAD if won else Party.LOSERS_LEAD, What.PERSON, fold_party(one.lead or "")))
    return [one for one in dict.fromkeys(found) if one[2]]
