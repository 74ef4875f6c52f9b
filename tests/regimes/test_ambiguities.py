"""Every place at which a source document can be read in two ways is decided in data, with both readings written."""

from __future__ import annotations

import pytest

from tests.regimes.scenarios import regimes

# What is open in the documents, and where the regime decides it. "domains", "coverage" and "counting" are tables.
OPEN = {
    "恰好五千元归谁": [("xian", "FIN-02")],
    "恰好十万元在哪里招标": [("jinhu", "TEN-18")],
    "第五项是执法还是行政审批": [("xian", "domains")],
    "单位能否定两千元以下的限额": [("xian", "FIN-01")],
    "小额采购的三段界线": [("xian", "TEN-19")],
    "付采购款是否还要集体研究": [("xian", "FIN-02")],
    "分管领导本人五千元以上的支出": [("xian", "FIN-02")],
    "主要负责人本人的支出谁批": [("xian", "FIN-03")],
    "票数不过半以谁为基数": [("tongling", "DEC-04")],
    "铜陵第二部分是否施行": [("tongling", "DEC-05"), ("tongling", "DEC-06"), ("tongling", "DEC-11")],
    "表决结果能否更正": [("tongling", "DEC-09")],
    "正职表态后他人能否再说": [("xiuzhou", "SPK-01")],
    "两名正职谁最后": [("jinhu", "SPK-01")],
    "回避是否缩小应到": [("xiuzhou", "DEC-02"), ("xiuzhou", "DEC-04")],
    "大额度、大批量是且还是或": [("xiuzhou", "DEC-01")],
    "紧急处置能否事后报告": [("xiuzhou", "DEC-12")],
    "副职主持时谁最后": [("xiuzhou", "SPK-04"), ("erqi", "SPK-04")],
    "多久算长期主持工作": [("erqi", "DEL-08"), ("xian", "DEL-08")],
    "几年轮换一次": [("erqi", "DEL-09")],
    "每季度在哪一天公开；首个不完整季度要不要公开": [
        (slug, "FIN-06") for slug in ("erqi", "xian", "xiuzhou", "jinhu")
    ],
    "覆盖率是目标还是现状": [("erqi", "coverage")],
    "以日计算的期限是否顺延": [("national", "counting")],
    "没有审批职权的单位能否不列": [("erqi", "DEL-02"), ("xiuzhou", "DEL-02")],
    "证件号码遮多少位": [("national", "PUB-17")],
}


@pytest.mark.parametrize(
    ("what", "slug", "where"), [(what, *one) for what, some in OPEN.items() for one in some]
)
def test_an_open_point_is_decided_openly(what: str, slug: str, where: str) -> None:
    book = regimes()["erqi"].national if slug == "national" else regimes()[slug]
    assert book is not None
    entries = getattr(book, where) if where.islower() else book.rules[where]
    decided = [one for one in entries if len(one.readings) >= 2 and one.default]
    assert decided, f"{what}：{slug} {where} 没有写明两种读法"
