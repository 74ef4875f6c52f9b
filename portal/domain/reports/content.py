"""What a report says (docs/sealing.md, section 5), with limits that reach whoever writes it as Chinese sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from portal.domain.reports.codes import code_in_text
from portal.domain.reports.words import Category, Channel, KnownFrom

FORMAT: Final = "sunshine-portal/report-content/v1"
MOST_PERSONS = 20
MOST_ATTACHMENTS = 20
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

__all__ = ["Named", "Record", "ReportContent", "Reporter", "WrongContent", "code_in_text", "read_content"]


class WrongContent(ValueError):
    """A report that cannot be filed so: `problems` maps the field (`persons.0.name`) to a Chinese sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the sentences."""
        self.problems = dict(problems)
        super().__init__("；".join(self.problems.values()))


class _Line:
    """A field's label and how many characters it takes; cleans and checks what was typed."""

    def __init__(self, label: str, most: int, *, least: int = 0, lines: bool = False) -> None:
        self.label, self.most, self.least, self.lines = label, most, least, lines

    def __call__(self, value: object) -> object:
        """Return the text without what cannot be seen; `ValueError` when too short or long."""
        if value is None:
            value = ""
        if not isinstance(value, str):
            return value
        # What cannot be seen is dropped in silence: a reporter pastes from anywhere and must not be sent back for it.
        text = _UNSEEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
        text = unicodedata.normalize("NFC", text if self.lines else re.sub(r"\s+", " ", text)).strip()
        if self.least and not text:
            raise ValueError(f"请填写{self.label}。")
        if len(text) < self.least:
            raise ValueError(
                f"{self.label}太短：至少 {self.least} 个字，现在是 {len(text)} 个。请写明时间、地点、经过，写得具体才好核查。"
            )
        if len(text) > self.most:
            raise ValueError(
                f"{self.label}太长：最多 {self.most} 个字，现在是 {len(text)} 个。请缩短，或把其余内容放进附件。"
            )
        return text


def _line(label: str, most: int, *, least: int = 0) -> Any:
    return BeforeValidator(_Line(label, most, least=least))


def _prose(label: str, most: int, *, least: int = 0) -> Any:
    return BeforeValidator(_Line(label, most, least=least, lines=True))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", validate_default=True)


class Named(_Part):
    """A person whom the report names."""

    name: Annotated[str, _line("被反映人姓名", 50, least=1)]
    unit: Annotated[str, _line("被反映人单位", 100)] = ""
    post: Annotated[str, _line("被反映人职务", 100)] = ""


class Reporter(_Part):
    """Who reports, under one's own name."""

    name: Annotated[str, _line("您的姓名", 50, least=1)] = ""
    phone: Annotated[str, _line("联系电话", 40, least=1)] = ""
    id_number: Annotated[str, _line("身份证件号码", 40)] = ""
    address: Annotated[str, _line("联系地址", 200)] = ""


class Record(_Part):
    """The published record that the report is about."""

    index_no: Annotated[str, _line("公开内容的索引号", 100)]
    title: Annotated[str, _line("公开内容的标题", 300)] = ""


class ReportContent(_Part):
    """All that a reporter says. `left_out` and `route` are set when the route is chosen."""

    format: Literal["sunshine-portal/report-content/v1"] = FORMAT
    jurisdiction: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    channel: Channel = Channel.FORM
    real_name: bool = False
    reporter: Reporter | None = None
    record: Record | None = None
    unit: Annotated[str, _line("被反映单位", 100, least=1)] = ""
    persons: Annotated[tuple[Named, ...], Field(max_length=MOST_PERSONS)] = ()
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=len(Category))] = ()
    when: Annotated[str, _line("时间", 300)] = ""
    where: Annotated[str, _line("地点", 300)] = ""
    what: Annotated[str, _prose("主要问题", 20_000, least=20)] = ""
    consequence: Annotated[str, _prose("后果和影响", 5_000)] = ""
    amount: Annotated[str, _line("涉及金额", 200)] = ""
    known_from: KnownFrom | None = None
    reported_before: Annotated[str, _prose("以前的举报情况", 2_000)] = ""
    left_out: Annotated[tuple[str, ...], Field(max_length=16)] = ()
    route: Literal["own", "superior"] = "own"
    attachments: Annotated[int, Field(ge=0, le=MOST_ATTACHMENTS)] = 0

    @model_validator(mode="after")
    def _real_name(self) -> Self:
        if self.real_name and self.reporter is None:
            raise ValueError("实名举报请填写姓名和联系电话；不愿留下姓名的，请选匿名举报。")
        if not self.real_name and self.reporter is not None:
            raise ValueError("匿名举报不要填写姓名和联系方式；愿意留下姓名的，请选实名举报。")
        return self

    def free_text(self) -> str:
        """Return all that was written about the matter: here the names of key holders are looked for.

        Persons and units are part of it: who is written as “某某局长” is found although the name is not equal.
        """
        written = [self.what, self.when, self.where, self.consequence, self.amount, self.reported_before]
        written.append(self.unit)
        for person in self.persons:
            written += (person.name, person.unit, person.post)
        return "\n".join(written)

    def text(self) -> str:
        """Return the JSON text that is sealed and committed to."""
        return self.model_dump_json()


def read_content(values: Mapping[str, Any] | str) -> ReportContent:
    """Return the report that a form's values or a JSON text hold; raises `WrongContent`."""
    try:
        content = (
            ReportContent.model_validate_json(values)
            if isinstance(values, str)
            else ReportContent.model_validate(values)
        )
    except ValidationError as wrong:
        raise WrongContent(_problems(wrong)) from None
    found = {name: _CODE for name, text in _texts(content).items() if code_in_text(text)}
    if found:
        raise WrongContent(found)
    return content


_CODE = "内容里有一个查询码。查询码只能由您自己保存，不要写进举报。请删除后再提交。"
_REFUSED = {
    "persons": f"被反映人最多填 {MOST_PERSONS} 位；其余的请写进主要问题。",
    "categories": "请至少选一项问题类别。",
    "known_from": "请从选项中选择怎样知道的。",
    "attachments": f"附件最多 {MOST_ATTACHMENTS} 个。",
    "jurisdiction": "没有指明由哪个县区接收。请回到举报页重新填写。",
    "format": "举报内容的格式不是本站的格式。请刷新举报页后重新填写。",
}


def _problems(wrong: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in wrong.errors(include_url=False, include_input=False):
        place = [str(step) for step in error["loc"]] or ["reporter"]
        said = error["msg"].removeprefix("Value error, ")
        if error["type"] != "value_error":
            said = _REFUSED.get(place[0], "这一项填写得不对，请核对后重新填写。")
        found.setdefault(".".join(place), said)
    return found


def _texts(content: ReportContent) -> dict[str, str]:
    told = {
        name: getattr(content, name)
        for name in ("unit", "when", "where", "what", "consequence", "amount", "reported_before")
    }
    if content.reporter:
        told |= {f"reporter.{name}": value for name, value in content.reporter.model_dump().items()}
    for place, person in enumerate(content.persons):
        told |= {f"persons.{place}.{name}": value for name, value in person.model_dump().items()}
    return told
