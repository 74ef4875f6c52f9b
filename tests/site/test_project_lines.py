"""What lists say of a project in one line: how far it has come, who was awarded it, for how much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.apps import create_public_app
from portal.domain.documents import tender as t
from portal.site.snapshot import RecordView, Snapshot
from tests.site.sample import WAN, at, intent, project, record, snapshot, units
from tests.site.tree import classed, said, tree

HOUSING = units()["zhujian"]
BIDDER = "示例建设甲有限公司"


def lines(document: t.Tender) -> dict[str, str]:
    """Return what each list that has the project says of it, by the list's page."""
    one = record(900, HOUSING, (document, at(2026, 11, 20), "首次公开"), slug="own")
    now: Snapshot = replace(snapshot(), records=(one,))
    client = create_public_app(lambda: now, english=True).test_client()
    paths = (
        "xiuzhou/tenders.html",
        "xiuzhou/tenders-2026.html",
        "xiuzhou/u/zhujian/tenders/index.html",
        "xiuzhou/u/zhujian/index.html",
        "xiuzhou/index.html",
        "index.html",
        "en/xiuzhou/tenders.html",
    )
    found = {}
    for path in paths:
        page = tree(client.get(f"/{path}").text)
        (line,) = [item for feed in classed(page, "feed", "ul") for item in feed.iter("li")]
        found[path] = said(line)
    return found


def agreed(amount: int) -> t.Tender:
    """Return the sample's project with a contract of another amount than the award."""
    one = project()
    assert one.contract
    return one.model_copy(update={"contract": one.contract.model_copy(update={"amount": amount})})


@pytest.mark.parametrize(
    ("document", "stage", "winner", "amounts"),
    [
        (intent(), "采购意向", False, ("86.50万元",)),
        (
            project().model_copy(update={"award": None, "contract": None}),
            "招标（采购）公告",
            False,
            ("1,286万元",),
        ),
        (project().model_copy(update={"contract": None}), "中标（成交）结果", True, ("1,213.68万元",)),
        (project(), "合同", True, ("1,213.68万元",)),
        (agreed(1300 * WAN), "合同", True, ("1,213.68万元", "1,300万元")),
        (
            project().model_copy(
                update={"acceptance": t.Acceptance(accepted_on=at(2026, 11, 2).date(), result="合格")}
            ),
            "验收",
            True,
            ("1,213.68万元",),
        ),
    ],
)
def test_every_list_says_how_far_a_project_came_and_who_got_it_for_how_much(
    document: t.Tender, stage: str, winner: bool, amounts: tuple[str, ...]
) -> None:
    found = lines(document)
    english = found.pop("en/xiuzhou/tenders.html")
    for path, line in found.items():
        assert stage in line.removeprefix(document.title), path
        assert (f"供应商：{BIDDER}" in line) == winner, path
        assert ("供应商：" in line) == winner, path
        for amount in amounts:
            assert line.count(amount) == 1, path
        planned = {"采购意向": "预算", "招标（采购）公告": "最高限价"}.get(stage)
        for word in ("预算", "最高限价"):
            assert (f"{word}{amounts[0]}" in line) == (word == planned), path
    assert stage not in english
    assert (f"awardedto{BIDDER}" in english) == winner


def test_what_is_withdrawn_tells_no_stage_and_no_winner() -> None:
    gone: RecordView = next(one for one in snapshot().records if one.id == 43)
    now = replace(snapshot(), records=(gone,))
    page = create_public_app(lambda: now).test_client().get("/xiuzhou/tenders.html").text
    assert "采购意向" not in said(classed(tree(page), "feed", "ul")[0])
